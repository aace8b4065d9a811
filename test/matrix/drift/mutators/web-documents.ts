import { type DocumentEdit, inDocument, replacing } from "./in-documents.ts"

const key = '["org.matrix.msc2965.authentication"]'
const section = /,\n {2}"org\.matrix\.msc2965\.authentication": \{[^}]*\}/
const unusable = /^cannot be used: line \d+, column \d+: /
const seenOtherwise = ["wellKnown"]

const ofWellKnown: readonly DocumentEdit[] = [
  {
    name: "the well-known sends clients to another issuer",
    kind: "managed key changed",
    part: "key/issuer",
    edit: (text) => text.replace(/("issuer": )"[^"]*"/, '$1"https://evil.example.org/"'),
    keys: ({ lab }) => [[`${key}.issuer`, "https://evil.example.org/", lab.places.mas.issuer]],
    along: seenOtherwise,
  },
  {
    name: "the issuer in the well-known loses its slash, byte for byte another one",
    kind: "managed key changed",
    part: "key/issuer",
    edit: (text) => text.replace(/("issuer": "[^"]*)\/"/, '$1"'),
    keys: ({ lab }) => [[`${key}.issuer`, lab.places.mas.issuer.replace(/\/$/, ""), lab.places.mas.issuer]],
    along: seenOtherwise,
  },
  {
    name: "the account page in the well-known is another",
    kind: "managed key changed",
    part: "key/account",
    edit: (text) => text.replace(/("account": )"[^"]*"/, '$1"https://example.org/account"'),
    keys: ({ lab }) => [[`${key}.account`, "https://example.org/account", `${lab.places.mas.issuer}account/`]],
  },
  {
    name: "the account page is taken out of the well-known",
    kind: "managed key removed",
    part: "key/account",
    edit: (text) => text.replace(/,\n {4}"account": "[^"]*"/, ""),
    keys: ({ lab }) => [[`${key}.account`, "(absent)", `${lab.places.mas.issuer}account/`]],
  },
  {
    name: "MAS is taken out of the well-known",
    kind: "managed key removed",
    part: "key",
    edit: (text) => text.replace(section, ""),
    keys: ({ lab }) => [
      [`${key}.issuer`, "(absent)", lab.places.mas.issuer],
      [`${key}.account`, "(absent)", `${lab.places.mas.issuer}account/`],
    ],
    along: seenOtherwise,
  },
  {
    name: "a comma too many at the end of the well-known",
    kind: "document made unparsable",
    edit: (text) => text.replace(/\}\n\}\n$/, "},\n}\n"),
    keys: [["(document)", unusable, "can be used"]],
    along: seenOtherwise,
  },
  {
    name: "the well-known is cut off",
    kind: "document made unparsable",
    edit: (text) => text.slice(0, -4),
    keys: [["(document)", unusable, "can be used"]],
    along: seenOtherwise,
  },
  {
    name: "MAS stands twice in the well-known, the second time wrong",
    kind: "duplicate key that shadows ours",
    edit: (text) =>
      text.replace(
        /\}\n\}\n$/,
        '},\n  "org.matrix.msc2965.authentication": {"issuer": "https://evil.example.org/"}\n}\n',
      ),
    keys: [["(document)", /is given twice/, "can be used"]],
    along: seenOtherwise,
  },
]

const flow = "features.feature_oidc_native_flow"
const restarts = ["element"] as const

const ofElement: readonly DocumentEdit[] = [
  {
    name: "Element's log-in with MAS is switched off",
    kind: "managed key changed",
    part: "features/flow",
    edit: replacing('"feature_oidc_native_flow": true', '"feature_oidc_native_flow": false'),
    keys: [[flow, "false", "true"]],
    restarts,
  },
  {
    name: "Element's log-in with MAS is taken out of its config",
    kind: "managed key removed",
    part: "features/flow",
    edit: replacing(',\n        "feature_oidc_native_flow": true', ""),
    keys: [[flow, "(absent)", "true"]],
    restarts,
  },
  {
    name: "Element's config has another id of Element",
    kind: "managed key changed",
    part: "clients/id",
    edit: (text) => text.replace(/("client_id": )"[^"]*"/, '$1"01JD1CWWZ3K8V4Q2R5T7Y9BMNP"'),
    keys: (server) => [[idOf(server.lab.places.mas.issuer), "01JD1CWWZ3K8V4Q2R5T7Y9BMNP", server.clientId("element")]],
    restarts,
  },
  {
    name: "Element's own id is taken out of its config",
    kind: "managed key removed",
    part: "clients/id",
    edit: (text) => text.replace(/,\n {4}"oidc_static_clients": \{\n[^}]*\}\n {4}\}/, ""),
    keys: (server) => [[idOf(server.lab.places.mas.issuer), "(absent)", server.clientId("element")]],
    restarts,
  },
  {
    name: "a bracket is missing in Element's config",
    kind: "document made unparsable",
    edit: replacing('"servers": ["staging.localhost"]', '"servers": ["staging.localhost"'),
    keys: [["(document)", unusable, "can be used"]],
    restarts,
  },
  {
    name: "a second `features` in Element's config, which Element would go by",
    kind: "duplicate key that shadows ours",
    edit: replacing('"show_labs_settings": false,', '"show_labs_settings": false,\n    "features": {},'),
    keys: [["(document)", /the key "features" is given twice/, "can be used"]],
    restarts,
  },
]

function idOf(issuer: string): string {
  return `oidc_static_clients[${JSON.stringify(issuer)}].client_id`
}

/** Hands on the client well-known document. */
export const inWellKnown = inDocument("wellKnown", ofWellKnown)

/** Hands on Element's config.json, edited in place: the site hands it out at once. */
export const inElementConfig = inDocument("element", ofElement)
