import type { DocumentName, Server, ServiceName } from "../lab/server.ts"
import { replacing, setting } from "./in-documents.ts"
import type { Mutator, Named } from "./mutator.ts"

const documents = { synapse: "homeserver", mas: "mas" } as const satisfies Partial<Record<ServiceName, DocumentName>>
const block = "matrix_authentication_service"
const asItIs = "with the file as it is"

interface OlderFile {
  readonly name: string
  readonly service: keyof typeof documents
  readonly kind?: Mutator["kind"]
  /** What the service finds when it starts; the file is put back after it. */
  readonly edit: (text: string, server: Server) => string
  readonly live: string | RegExp
  /** Left as edited: it runs with the file as it lies there, which is wrong. */
  readonly stays?: (server: Server) => readonly Named[]
  readonly along?: readonly string[]
}

function running(server: Server, service: keyof typeof documents, live: string | RegExp): Named {
  return { where: server.containers[service], live, wanted: asItIs }
}

function olderFile({ name, service, kind = "runs with an older file", edit, live, stays, along }: OlderFile): Mutator {
  const document = documents[service]
  return {
    name,
    kind,
    touches: [document, `run/${service}`, ...seenThrough[service]],
    mutate: (server) => server.edit(document, (text) => edit(text, server)),
    loads: { service, file: document, isPutBack: stays === undefined },
    names: (server) => [running(server, service, live), ...(stays?.(server) ?? [])],
    restarts: [service],
    ...(along === undefined ? {} : { along }),
  }
}

/** What else is seen otherwise then; MAS syncs its clients when it starts. */
const seenThrough = { synapse: ["seen/login", "seen/logout", "seen/metadata"], mas: ["rows", "seen/mas"] } as const

const sinceBefore = "since before the file became as it is"
const seenByClients = ["authMetadata", "loginFlows", "logoutAndRefresh"]

/** The block is off; log-in by QR code, which the legacy hands left to come with it, goes with it. */
function withoutDelegation(text: string): string {
  return setting(block, "enabled", "false")(text.replace(/ *msc4108_enabled: .*\n/, ""))
}

/** Services that run with something else than their file. */
export const runningOtherwise: readonly Mutator[] = [
  olderFile({
    name: "Synapse was started with another address of MAS, and the file was put back",
    service: "synapse",
    edit: replacing("  endpoint: http://mas:8080/\n", "  endpoint: http://nowhere.invalid:8080/\n"),
    live: sinceBefore,
    along: seenByClients,
  }),
  olderFile({
    name: "Synapse was started with passwords of its own, and the file was put back",
    service: "synapse",
    kind: "login flows or metadata changed",
    edit: (text) => withoutDelegation(setting("password_config", "enabled", "true")(text)),
    live: sinceBefore,
    along: ["authMetadata", "loginFlows", "logoutAndRefresh", "loginFlowsOfSynapse"],
  }),
  olderFile({
    name: "Synapse runs with another secret, in its file too",
    service: "synapse",
    kind: "shared secret differs",
    edit: (text, server) => text.replace(/( {2}secret: ).*/, `$1${server.newSecret()}`),
    live: "with other keys than the file is to have",
    stays: (server) => [
      {
        where: server.files.homeserver,
        key: "matrix_authentication_service.secret",
        live: "(another than MAS's)",
        wanted: "(as MAS has it)",
      },
    ],
    along: seenByClients,
  }),
  olderFile({
    name: "MAS was started as another issuer, and the file was put back",
    service: "mas",
    edit: (text) => text.replace(/( {2}issuer: )http:\/\/127.*/, "$1https://login.example.org/"),
    live: sinceBefore,
    along: seenByClients,
  }),
  olderFile({
    name: "MAS was started without passwords, and the file was put back",
    service: "mas",
    edit: setting("passwords", "enabled", "false"),
    live: sinceBefore,
    along: seenByClients,
  }),
  olderFile({
    name: "MAS was started without its pages, and the file was put back",
    service: "mas",
    kind: "endpoint of a log-in answers otherwise",
    edit: replacing(/ {4}- name: human\n/, ""),
    live: sinceBefore,
    along: [...seenByClients, "authorizePage", "loginPage"],
  }),
  olderFile({
    name: "MAS runs as another issuer, as its file says",
    service: "mas",
    kind: "login flows or metadata changed",
    edit: (text) => text.replace(/( {2}issuer: )http:\/\/127.*/, "$1https://login.example.org/"),
    live: "with other keys than the file is to have",
    stays: (server) => [
      {
        where: server.files.mas,
        key: "http.issuer",
        live: "https://login.example.org/",
        wanted: server.lab.places.mas.issuer,
      },
    ],
    along: seenByClients,
  }),
]

interface Stopped {
  readonly name: string
  readonly service: ServiceName
  readonly names: (server: Server) => readonly Named[]
  readonly along?: readonly string[]
}

/** A MAS that stands still cannot be asked whether it takes a secret, nor a Synapse what it has of MAS. */
const untold = { synapse: [], mas: ["rows/admin_panel"], nginx: [], element: [] } as const

function stopped({ name, service, names, along = [] }: Stopped): Mutator {
  return {
    name,
    kind: "service does not run",
    touches: [`run/${service}`, "seen", ...untold[service]],
    mutate: async (server) => void (await server.docker("stop", "--time", "5", server.containers[service])),
    names,
    along: [...along, ...seenByClients, "wellKnown"],
    restarts: [service],
  }
}

/** Services that stand still, and that `up` starts. */
export const standingStill: readonly Mutator[] = [
  stopped({
    name: "Synapse stands still",
    service: "synapse",
    names: (server) => [running(server, "synapse", "stopped")],
    along: ["loginFlowsOfSynapse"],
  }),
  stopped({ name: "MAS stands still", service: "mas", names: (server) => [running(server, "mas", "stopped")] }),
  stopped({
    name: "the proxy stands still",
    service: "nginx",
    names: (server) => [
      {
        where: server.lab.places.wellKnown.url,
        live: "not at all: its container does not run",
        wanted: "as the file has it",
      },
    ],
  }),
  stopped({
    name: "Element's site stands still",
    service: "element",
    names: (server) => [
      {
        where: new URL("config.json", server.lab.places.element.url).href,
        live: "not at all: its container does not run",
        wanted: "as the file has it",
      },
    ],
  }),
]
