import { randomBytes } from "node:crypto"
import type { Server } from "../lab/server.ts"
import { replacing } from "./in-documents.ts"
import type { Mutator, Named } from "./mutator.ts"

export interface ProxyEdit extends Pick<Mutator, "name" | "kind" | "along"> {
  readonly edit: (conf: string, server: Server) => string
  /** What clients see otherwise by it. */
  readonly sees: "well-known" | "login" | "logout" | "metadata" | "mas" | "all"
  readonly names: (server: Server) => readonly Named[]
}

/** The proxy takes the edit, and then the file is put back without telling it: it runs with what is not on disk. */
export function runsWith({ edit, sees, ...rest }: ProxyEdit): Mutator {
  return {
    ...rest,
    touches: sees === "all" ? ["nginx", "seen"] : [`nginx/${sees}`, `seen/${sees}`],
    mutate: (server) => server.edit("nginx", (conf) => marked(edit(conf, server))),
    loads: { service: "nginx", file: "nginx", isPutBack: true },
    note: "the proxy runs with other files than are on disk: a wrong file on disk is somebody else's, and `up` says so",
  }
}

/** By a location that was not there before it is seen when the proxy has taken its file. */
function marked(conf: string): string {
  if (conf.includes("/taken-")) return conf
  const mark = `/taken-${randomBytes(4).toString("hex")}`
  return conf.replace("    location = /health {", `    location = ${mark} { return 204; }\n$&`)
}

const asTheFile = "as the file has it"
const alias = "        alias /srv/wellknown/client.json;\n"
export const handed = "    # MAS's routes. A Synapse that delegates no longer knows them.\n"

export function served(server: Server, live: string): Named {
  return { where: server.lab.places.wellKnown.url, live, wanted: asTheFile }
}

function seen(server: Server, key: string, live: string, wanted: string): Named {
  return { where: server.lab.places.synapse.url, key, live, wanted }
}

const toMas = "m.login.sso, delegated to MAS"

/** What the proxy serves otherwise than it should. */
export const atTheProxy: readonly Mutator[] = [
  runsWith({
    name: "the proxy serves another well-known document",
    kind: "served bytes differ",
    sees: "well-known",
    edit: replacing(alias, '        return 200 \'{"m.homeserver": {"base_url": "https://evil.example.org"}}\';\n'),
    names: (server) => [served(server, "otherwise than the file has it")],
    along: ["wellKnown"],
  }),
  runsWith({
    name: "the proxy serves no well-known document",
    kind: "served bytes differ",
    sees: "well-known",
    edit: replacing(alias, "        return 404;\n"),
    names: (server) => [served(server, "not at all (HTTP 404)")],
    along: ["wellKnown"],
  }),
  runsWith({
    name: "the proxy serves an older copy of the well-known document",
    kind: "served bytes differ",
    sees: "well-known",
    edit: replacing(alias, "        alias /srv/wellknown/server.json;\n"),
    names: (server) => [served(server, "otherwise than the file has it")],
    along: ["wellKnown"],
  }),
  runsWith({
    name: "the proxy sends log-in, log-out and refresh to Synapse",
    kind: "route answered by Synapse",
    sees: "all",
    edit: replacing("        proxy_intercept_errors on;\n        error_page 404 = @mas;\n", ""),
    names: (server) => [
      seen(server, "loginFlows", "not served", toMas),
      seen(server, "logoutAndRefresh", "logout and refresh not served: no route to MAS", "served"),
    ],
    along: ["ssoRedirect"],
  }),
  runsWith({
    name: "the proxy sends log-out to Synapse",
    kind: "route answered by Synapse",
    sees: "logout",
    edit: replacing(handed, `${handed}    location ~ ^/_matrix/client/(.*)/logout { proxy_pass $synapse; }\n`),
    names: (server) => [seen(server, "logoutAndRefresh", "logout not served: no route to MAS", "served")],
  }),
  runsWith({
    name: "the proxy sends refresh to Synapse",
    kind: "route answered by Synapse",
    sees: "logout",
    edit: replacing(handed, `${handed}    location ~ ^/_matrix/client/(.*)/refresh { proxy_pass $synapse; }\n`),
    names: (server) => [seen(server, "logoutAndRefresh", "refresh not served: no route to MAS", "served")],
  }),
  runsWith({
    name: "the proxy sends older clients' log-in to Synapse",
    kind: "route answered by Synapse",
    sees: "login",
    edit: replacing(handed, `${handed}    location ~ ^/_matrix/client/r0/login { proxy_pass $synapse; }\n`),
    names: (server) => [seen(server, "loginFlows", `v3: ${toMas}; r0: not served`, toMas)],
    along: ["ssoRedirect.r0"],
  }),
  runsWith({
    name: "the proxy offers a password form of its own",
    kind: "login flows or metadata changed",
    sees: "login",
    edit: replacing(
      handed,
      `${handed}    location ~ ^/_matrix/client/.*/login$ { return 200 '{"flows": [{"type": "m.login.password"}]}'; }\n`,
    ),
    names: (server) => [seen(server, "loginFlows", "m.login.password", toMas)],
    along: ["loginFlowsInBrowsers"],
  }),
  runsWith({
    name: "the proxy hides what Synapse tells of MAS",
    kind: "login flows or metadata changed",
    sees: "metadata",
    edit: replacing(handed, `${handed}    location = /_matrix/client/v1/auth_metadata { return 404; }\n`),
    names: (server) => [seen(server, "authMetadata", "not served", server.lab.places.mas.issuer)],
  }),
  runsWith({
    name: "the proxy tells of another issuer",
    kind: "login flows or metadata changed",
    sees: "metadata",
    edit: replacing(
      handed,
      `${handed}    location = /_matrix/client/v1/auth_metadata { return 200 '{"issuer": "https://evil.example.org/"}'; }\n`,
    ),
    names: (server) => [
      seen(
        server,
        "authMetadata",
        "https://evil.example.org/, otherwise than MAS tells it",
        server.lab.places.mas.issuer,
      ),
    ],
    along: ["authMetadataInBrowsers"],
  }),
]

/** Element's site, which mounts its very file: another file in its place is not seen. */
export const atElement: readonly Mutator[] = [
  {
    name: "Element's site was started with another config, and the file was put back as another file",
    kind: "Element's config or version",
    touches: ["element", "run/element"],
    mutate: async (server) => {
      const before = await server.read("element")
      await server.exchange(
        "element",
        replacing('"feature_oidc_native_flow": true', '"feature_oidc_native_flow": false'),
      )
      await server.restart("element")
      await server.exchange("element", () => before)
    },
    names: (server) => [
      {
        where: new URL("config.json", server.lab.places.element.url).href,
        live: "otherwise than the file has it",
        wanted: asTheFile,
      },
    ],
    restarts: ["element"],
  },
]
