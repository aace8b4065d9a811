import { type DocumentEdit, inDocument, replacing, setting, without } from "./in-documents.ts"

const scheme = (version: number) => `passwords.schemes[version=${version}]`
const firstScheme = / {2}- version: 1\n {4}algorithm: bcrypt\n(?: {4}\S.*\n)*/

const ofMatrix: readonly DocumentEdit[] = [
  {
    name: "MAS is told that it may only read at Synapse",
    kind: "managed key changed",
    part: "matrix/kind",
    edit: replacing("  kind: synapse\n", "  kind: synapse_read_only\n"),
    keys: [["matrix.kind", "synapse_read_only", "synapse"]],
  },
  {
    name: "how MAS speaks with Synapse is taken out of its config",
    kind: "managed key removed",
    part: "matrix/kind",
    edit: replacing("  kind: synapse\n", ""),
    keys: [["matrix.kind", "(absent)", "synapse"]],
    leaves: "moved",
  },
  {
    name: "MAS's config has another server name",
    kind: "managed key changed",
    part: "matrix/homeserver",
    edit: replacing("  homeserver: staging.localhost\n", "  homeserver: example.org\n"),
    keys: [["matrix.homeserver", "example.org", "staging.localhost"]],
  },
  {
    name: "MAS's config has another address for Synapse",
    kind: "managed key changed",
    part: "matrix/endpoint",
    edit: replacing("  endpoint: http://synapse:8008/\n", "  endpoint: http://synapse:8009/\n"),
    keys: [["matrix.endpoint", "http://synapse:8009/", "http://synapse:8008/"]],
  },
  {
    name: "Synapse's address is taken out of MAS's config",
    kind: "managed key removed",
    part: "matrix/endpoint",
    edit: replacing("  endpoint: http://synapse:8008/\n", ""),
    keys: [["matrix.endpoint", "(absent)", "http://synapse:8008/"]],
    leaves: "moved",
  },
]

const ofPasswords: readonly DocumentEdit[] = [
  {
    name: "passwords are switched off in MAS",
    kind: "managed key changed",
    part: "passwords/enabled",
    edit: setting("passwords", "enabled", "false"),
    keys: [["passwords.enabled", "false", "true"]],
  },
  {
    name: "the switch of passwords is taken out of MAS's config",
    kind: "managed key removed",
    part: "passwords/enabled",
    edit: without("passwords", "enabled"),
    keys: [["passwords.enabled", "(absent)", "true"]],
    leaves: "moved",
  },
  {
    name: "old passwords are to be checked by another algorithm",
    kind: "managed key changed",
    part: "passwords/1",
    edit: replacing("    algorithm: bcrypt\n", "    algorithm: pbkdf2\n"),
    keys: [[`${scheme(1)}.algorithm`, "pbkdf2", "bcrypt"]],
  },
  {
    name: "another pepper for old passwords",
    kind: "managed key changed",
    part: "passwords/1",
    edit: (text, server) =>
      text.replace(/( {4}unicode_normalization: true\n {4}secret: ).*/, `$1${server.newSecret()}`),
    keys: [[`${scheme(1)}.secret`, "(another than homeserver.yaml's pepper)", "(as homeserver.yaml has the pepper)"]],
  },
  {
    name: "the pepper is taken out of MAS's config",
    kind: "managed key removed",
    part: "passwords/1",
    edit: (text) => text.replace(/( {4}unicode_normalization: true\n) {4}secret: .*\n/, "$1"),
    keys: [[`${scheme(1)}.secret`, "(absent)", "(as homeserver.yaml has the pepper)"]],
    leaves: "moved",
  },
  {
    name: "accents in old passwords are no longer made alike",
    kind: "managed key changed",
    part: "passwords/1",
    edit: replacing("    unicode_normalization: true\n", "    unicode_normalization: false\n"),
    keys: [[`${scheme(1)}.unicode_normalization`, "false", "true"]],
  },
  {
    name: "the scheme of old passwords is taken out of MAS's config",
    kind: "managed key removed",
    part: "passwords/1",
    edit: (text) => text.replace(firstScheme, ""),
    keys: [
      [`${scheme(1)}.version`, "(absent)", "1"],
      [`${scheme(1)}.algorithm`, "(absent)", "bcrypt"],
      [`${scheme(1)}.unicode_normalization`, "(absent)", "true"],
      [`${scheme(1)}.secret`, "(absent)", "(as homeserver.yaml has the pepper)"],
    ],
    leaves: "moved",
  },
  {
    name: "new passwords get a scheme of old",
    kind: "managed key changed",
    part: "passwords/2",
    edit: replacing("    algorithm: argon2id\n", "    algorithm: bcrypt\n"),
    keys: [[`${scheme(2)}.algorithm`, "bcrypt", "argon2id"]],
  },
]

const ofAddresses: readonly DocumentEdit[] = [
  {
    name: "MAS is told another public address",
    kind: "managed key changed",
    part: "http/public_base",
    edit: (text) => text.replace(/( {2}public_base: ).*/, "$1https://login.example.org/"),
    keys: ({ lab }) => [["http.public_base", "https://login.example.org/", lab.places.mas.issuer]],
  },
  {
    name: "MAS is told another issuer",
    kind: "managed key changed",
    part: "http/issuer",
    edit: (text) => text.replace(/( {2}issuer: )http:\/\/127.*/, "$1https://login.example.org/"),
    keys: ({ lab }) => [["http.issuer", "https://login.example.org/", lab.places.mas.issuer]],
  },
  {
    name: "MAS's public address is taken out of its config",
    kind: "managed key removed",
    part: "http/public_base",
    edit: (text) => text.replace(/ {2}public_base: .*\n/, ""),
    keys: ({ lab }) => [["http.public_base", "(absent)", lab.places.mas.issuer]],
    leaves: "moved",
  },
]

const unusable = /^cannot be used: line \d+, column \d+: /

const broken: readonly DocumentEdit[] = [
  {
    name: "a bracket is left open at the end of MAS's config",
    kind: "document made unparsable",
    edit: (text) => `${text}experimental: [\n`,
    keys: [["(document)", unusable, "can be used"]],
  },
  {
    name: "a key of MAS's section matrix is indented otherwise than its neighbours",
    kind: "document made unparsable",
    edit: replacing("  kind: synapse\n", "   kind: synapse\n"),
    keys: [["(document)", unusable, "can be used"]],
  },
  {
    name: "a second section matrix at the end of MAS's config",
    kind: "duplicate key that shadows ours",
    edit: (text) => `${text}matrix:\n  kind: synapse_legacy\n`,
    keys: [["(document)", /the key "matrix" is given twice/, "can be used"]],
  },
  {
    name: "MAS's issuer is given twice",
    kind: "duplicate key that shadows ours",
    edit: (text) => text.replace(/( {2})issuer: http:\/\/127.*\n/, "$&$1issuer: https://login.example.org/\n"),
    keys: [["(document)", /the key "issuer" is given twice/, "can be used"]],
  },
]

/** Hands on MAS's config.yaml, but for its clients, delegated. */
export const inMasConfig = inDocument("mas", [...ofMatrix, ...ofPasswords, ...ofAddresses, ...broken])
