import { replacing, setting } from "../mutators/in-documents.ts"
import { harmlessIn } from "./harmless.ts"

const block = /matrix_authentication_service:\n(?: {2}\S.*\n)+/

export const inHomeserver = harmlessIn("homeserver", [
  ["a comment at the top of homeserver.yaml", "top", (text) => `# looked at by carol, all is well\n${text}`],
  [
    "a comment behind a key of ours",
    "block/endpoint",
    replacing("  endpoint: http://mas:8080/\n", "  endpoint: http://mas:8080/   # the new one\n"),
  ],
  [
    "a comment and an empty line within the block",
    "block/enabled",
    replacing(/^matrix_authentication_service:\n/m, "matrix_authentication_service:\n\n  # since the cutover\n"),
  ],
  [
    "MAS's address in single quotes and without its slash",
    "block/endpoint",
    replacing("  endpoint: http://mas:8080/\n", "  endpoint: 'http://mas:8080'\n"),
  ],
  ["the shared secret in double quotes", "block/secret", (text) => text.replace(/( {2}secret: )(\S+)/, '$1"$2"')],
  [
    "`yes` for true, as Synapse's reader takes it",
    "block/enabled",
    setting("matrix_authentication_service", "enabled", "yes"),
  ],
  ["`off` for false, as Synapse's reader takes it", "password_config", setting("password_config", "enabled", "off")],
  [
    "the keys of the block in another order",
    "block",
    (text) =>
      text.replace(block, (found) => {
        const [head = "", ...keys] = found.trimEnd().split("\n")
        return `${[head, ...keys.toReversed()].join("\n")}\n`
      }),
  ],
  [
    "the block in braces, on one line",
    "block",
    (text) =>
      text.replace(block, (found) => {
        const [head = "", ...keys] = found.trimEnd().split("\n")
        return `${head} {${keys.map((key) => key.trim()).join(", ")}}\n`
      }),
  ],
  ["the block moved to the top of the file", "", (text) => `${block.exec(text)?.[0]}\n${text.replace(block, "")}`],
  ["somebody else's limit", "max_upload_size", replacing("max_upload_size: 50M", "max_upload_size: 80M")],
  ["somebody else's new section", "bottom", (text) => `${text}forgotten_room_retention_period: 28d\n`],
  [
    "somebody else's switch written another way",
    "presence",
    replacing("presence:\n  enabled: true", "presence: {enabled: yes}"),
  ],
  ["line ends of another machine", "", (text) => text.replaceAll("\n", "\r\n")],
])

export const inMasConfig = harmlessIn("mas", [
  ["a comment at the top of MAS's config", "top", (text) => `# looked at by carol\n${text}`],
  [
    "MAS's public address without its slash, and in quotes",
    "http/public_base",
    (text) => text.replace(/( {2}public_base: )(.*)\//, '$1"$2"'),
  ],
  [
    "Synapse's address without its slash",
    "matrix/endpoint",
    replacing("  endpoint: http://synapse:8008/", "  endpoint: http://synapse:8008"),
  ],
  [
    "MAS's shared secret in single quotes",
    "matrix/secret",
    (text) => text.replace(/(^matrix:\n(?: {2}.*\n)*? {2}secret: )(\S+)/m, "$1'$2'"),
  ],
  [
    "the schemes of passwords in another order",
    "passwords",
    (text) => text.replace(/( {2}- version: \d\n(?: {4}.*\n)+)( {2}- version: \d\n(?: {4}.*\n)+)/, "$2$1"),
  ],
  ["somebody else's reply address", "email", (text) => text.replace(/( {2}reply_to: ).*/, "$1root@example.org")],
  [
    "somebody else's limit in MAS",
    "rate_limiting",
    replacing("  registration:\n    burst: 1000", "  registration:\n    burst: 900"),
  ],
  [
    "a client's id in small letters",
    "clients/matrix_pc",
    (text, server) => text.replace(server.clientId("matrix_pc"), server.clientId("matrix_pc").toLowerCase()),
  ],
  [
    "a client's redirect address in quotes and without its slash",
    "clients/element",
    (text) => text.replace("- http://127.0.0.1/\n", '- "http://127.0.0.1"\n'),
  ],
  [
    "somebody else's client, in the file and not synced yet",
    "clients/other",
    (text) =>
      `${text}- client_id: 01JD1CWWZ3K8V4Q2R5T7Y9BMNS\n  client_auth_method: none\n  redirect_uris: [https://other.example.org/]\n`,
  ],
])

export const inWellKnown = harmlessIn("wellKnown", [
  ["the well-known on one line", "", (text) => JSON.stringify(JSON.parse(text))],
  ["the well-known indented by four", "", (text) => `${JSON.stringify(JSON.parse(text), null, 4)}\n`],
  [
    "the keys of the well-known in another order",
    "",
    (text) => `${JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).toReversed()), null, 2)}\n`,
  ],
  [
    "slashes of the issuer written as JSON may write them",
    "",
    (text) => text.replaceAll(/"issuer": ".*"/g, (found) => found.replaceAll("/", "\\/")),
  ],
  [
    "somebody else's key in the well-known",
    "",
    replacing('"m.homeserver"', '"org.example.support": {"room": "#help"},\n  "m.homeserver"'),
  ],
])

export const inElement = harmlessIn("element", [
  ["Element's config indented by two", "", (text) => `${JSON.stringify(JSON.parse(text), null, 2)}\n`],
  ["Element's theme", "", replacing('"default_theme": "light"', '"default_theme": "dark"')],
  [
    "another feature of Element",
    "",
    replacing('"feature_video_rooms": true', '"feature_video_rooms": false,\n        "feature_jump_to_date": true'),
  ],
  ["another brand, and an empty line", "", replacing('"brand": "Element",', '\n    "brand": "Our chat",')],
])
