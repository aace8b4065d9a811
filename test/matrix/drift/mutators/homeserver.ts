import { type DocumentEdit, inDocument, type Key, replacing, setting, without } from "./in-documents.ts"

const block = "matrix_authentication_service"
const endpoint = "  endpoint: http://mas:8080/\n"
const wholeBlock = /matrix_authentication_service:\n(?: {2}\S.*\n)+/
const allGone: readonly Key[] = [
  [`${block}.enabled`, "(absent)", "true"],
  [`${block}.endpoint`, "(absent)", "http://mas:8080/"],
  [`${block}.secret`, "(absent)", "(as MAS has it)"],
]

const changed: readonly DocumentEdit[] = [
  {
    name: "MAS's address in homeserver.yaml names another machine",
    kind: "managed key changed",
    part: "block/endpoint",
    edit: replacing(endpoint, "  endpoint: http://other-mas:8080/\n"),
    keys: [[`${block}.endpoint`, "http://other-mas:8080/", "http://mas:8080/"]],
  },
  {
    name: "the block in homeserver.yaml is switched off",
    kind: "managed key changed",
    part: "block/enabled",
    edit: setting(block, "enabled", "false"),
    keys: [[`${block}.enabled`, "false", "true"]],
  },
  {
    name: "the block's switch is a text, which Synapse refuses",
    kind: "managed key changed",
    part: "block/enabled",
    edit: setting(block, "enabled", '"true"'),
    keys: [[`${block}.enabled`, '"true"', "true"]],
  },
  {
    name: "passwords are switched on again in homeserver.yaml",
    kind: "managed key changed",
    part: "password_config",
    edit: setting("password_config", "enabled", "true"),
    keys: [["password_config.enabled", "true", "false"]],
  },
  {
    name: "the provider that MAS took over is back in homeserver.yaml",
    kind: "managed key changed",
    part: "oidc_providers",
    edit: replacing("## Single sign-on ##\n", "## Single sign-on ##\noidc_providers: [{idp_id: dex, idp_name: Dex}]\n"),
    keys: [["oidc_providers", '[{"idp_id":"dex","idp_name":"Dex"}]', "(absent)"]],
  },
  {
    name: "MAS's address is written without its scheme",
    kind: "managed key changed",
    part: "block/endpoint",
    edit: replacing(endpoint, "  endpoint: mas:8080\n"),
    keys: [[`${block}.endpoint`, "mas:8080", "http://mas:8080/"]],
  },
]

const removed: readonly DocumentEdit[] = [
  {
    name: "MAS's address is taken out of homeserver.yaml",
    kind: "managed key removed",
    part: "block/endpoint",
    edit: replacing(endpoint, ""),
    keys: [[`${block}.endpoint`, "(absent)", "http://mas:8080/"]],
    leaves: "moved",
  },
  {
    name: "the block's switch is taken out",
    kind: "managed key removed",
    part: "block/enabled",
    edit: without(block, "enabled"),
    keys: [[`${block}.enabled`, "(absent)", "true"]],
    leaves: "moved",
  },
  {
    name: "the switch of passwords is taken out of homeserver.yaml",
    kind: "managed key removed",
    part: "password_config",
    edit: without("password_config", "enabled"),
    keys: [["password_config.enabled", "(absent)", "false"]],
    leaves: "moved",
  },
  {
    name: "the whole block is taken out of homeserver.yaml",
    kind: "managed key removed",
    part: "block",
    edit: (text) => text.replace(wholeBlock, ""),
    keys: allGone,
    leaves: "moved",
  },
]

const left: readonly DocumentEdit[] = [
  {
    name: "a file with a secret is named beside the secret, which Synapse refuses",
    kind: "managed key changed",
    part: "block/secret",
    edit: (text) =>
      text.replace(/(service:\n(?: {2}.*\n)*? {2}secret: .*\n)/, "$1  secret_path: /data/shared-secret\n"),
    keys: [[`${block}.secret_path`, "/data/shared-secret", "(absent)"]],
  },
  {
    name: "the experimental mode of old is put in again",
    kind: "managed key changed",
    part: "experimental",
    edit: replacing("experimental_features:\n", "experimental_features:\n  msc3861: {enabled: true}\n"),
    keys: [["experimental_features.msc3861", "(there)", "(absent)"]],
  },
]

const broken: readonly DocumentEdit[] = [
  {
    name: "a tab stands before a key of the block",
    kind: "document made unparsable",
    edit: replacing(endpoint, "\tendpoint: http://mas:8080/\n"),
    keys: [["(document)", /^cannot be used: line \d+, column \d+: /, "can be used"]],
  },
  {
    name: "a quote is left open in somebody else's line of homeserver.yaml",
    kind: "document made unparsable",
    edit: replacing('signing_key_path: "/data', "signing_key_path: '/data"),
    keys: [["(document)", /^cannot be used: line \d+, column \d+: /, "can be used"]],
  },
  {
    name: "the block is a single word",
    kind: "document made unparsable",
    edit: (text) => text.replace(wholeBlock, `${block}: "on"\n`),
    keys: [["(document)", /^cannot be used: line \d+, column \d+: /, "can be used"]],
    along: [`${block}.`],
  },
]

const doubled: readonly DocumentEdit[] = [
  {
    name: "a second block at the end of homeserver.yaml, which Synapse would go by",
    kind: "duplicate key that shadows ours",
    edit: (text) => `${text}${block}:\n  enabled: false\n`,
    keys: [["(document)", /the key "matrix_authentication_service" is given twice/, "can be used"]],
  },
  {
    name: "MAS's address stands twice in the block, the second one wrong",
    kind: "duplicate key that shadows ours",
    edit: replacing(endpoint, `${endpoint}  endpoint: http://evil:8080/\n`),
    keys: [["(document)", /the key "endpoint" is given twice/, "can be used"]],
  },
]

/** Hands on homeserver.yaml, delegated. */
export const inHomeserver = inDocument("homeserver", [...changed, ...removed, ...left, ...broken, ...doubled])
