import { z } from "zod"
import { acknowledgeable } from "../migration/acknowledgements.ts"
import { takeOverKeys } from "../synapse/conflicting-keys.ts"
import { address } from "./addresses.ts"
import {
  absolutePath,
  argv,
  type Complaint,
  containerName,
  field,
  filePath,
  folderHere,
  hostName,
  image,
  type Note,
  oneOf,
  ownFolder,
  ownPath,
  port,
  reason,
  serverName,
  version,
  wholeNumber,
  yesOrNo,
} from "./fields.ts"

/** What the reading of some keys depends on. */
export interface Surroundings {
  /** In the lab, public addresses may be plain http. */
  readonly lab: boolean
  readonly serverName: string | undefined
  /** Default: the name is not known, and what is called after it is of no interest. */
  readonly stack?: string
  readonly note: Note
}

/**
 * Everything the config may hold but `clients` and `clientSecrets` (see clients.ts), section by section. Each key tells
 * what belongs there; what depends on more than one key is in cross-checks.ts.
 */
export function sections(surroundings: Surroundings) {
  return z.strictObject({
    /**
     * The switch. `legacy`: Synapse checks passwords itself, and all that is neutral is prepared. `delegated`: MAS is
     * the only auth provider (MSC3861). Default: legacy.
     */
    authentication: field(oneOf(["legacy", "delegated"])).default("legacy"),
    /** What stands after the colon in a user id. Never changes. */
    serverName: field(serverName),
    host: host(surroundings),
    synapse: synapse(surroundings),
    mas: mas(surroundings),
    databases: z.strictObject({ synapse: database("postgres"), mas: database("mas-postgres") }).prefault(nothing),
    backup: backup(surroundings),
    evidence: evidence(surroundings),
    wellKnown: wellKnown(surroundings),
    element: element(surroundings),
    /** Warnings taken note of: name of the warning, and how many it counted. */
    acknowledge: acknowledge(),
    rehearsal: rehearsal(),
    rollback: rollback(),
    /** The stack is a lab: public addresses may be plain http. Default: false. */
    lab: field(yesOrNo).default(false),
    staging: staging().optional(),
  })
}

/** Where files and services are. Default: this machine. */
function host({ serverName: name = "server" }: Surroundings) {
  const folder = `/var/lib/matrix-auth/${name.replaceAll(":", "_")}`
  return z
    .strictObject({
      kind: field(oneOf(["local"])).default("local"),
      /** A folder of ours on the host: what the way back needs. Default: one named after the server. */
      stateFolder: field(ownFolder(folder)).default(folder),
      /** How long nothing may be heard of a run before the dead-man's switch lets the server serve as before. */
      leaseSeconds: field(wholeNumber({ least: 3, most: 3600 }, 120)).default(120),
    })
    .prefault({})
}

/** A section that may be left out in the file: then each of its missing keys is told, not the section alone. */
const nothing: never = {} as never

/** A name that no warning has would be a warning that goes on stopping the cutover. */
function acknowledge() {
  const count = () => field(wholeNumber({ least: 0, most: 1e9 }, 3)).exactOptional()
  const shape: Record<string, ReturnType<typeof count>> = {}
  for (const name of acknowledgeable) shape[name] = count()
  return z.strictObject(shape).prefault({})
}

/** What a cutover asks of the rehearsal before it. A stack with `staging` is asked for none. */
function rehearsal() {
  const certificate = "out/rehearsal/certificate.json"
  return z
    .strictObject({
      /** The certificate that `npm run rehearse` wrote. Default: where it writes it. */
      certificate: field(ownPath(certificate)).default(certificate),
      /** An older one no longer counts. Default: 30. */
      maxAgeDays: field(wholeNumber({ least: 1, most: 365 }, 30)).default(30),
      /** Why a cutover may go without one that fits; kept with the cutover. */
      override: field(reason('"the server is a copy for trying out"')).optional(),
    })
    .prefault({})
}

/** A rollback that is the very first thing a stack does has to be meant. */
function rollback() {
  return z
    .strictObject({
      /** The first `pulumi up` of a stack in legacy may take back a delegation that it finds. Default: false. */
      meant: field(yesOrNo).default(false),
    })
    .prefault({})
}

/** What stands in for the ways in which a service in a container is started and the like: each a program with its arguments. */
function commands<Name extends string>(names: readonly Name[]) {
  const shape = Object.fromEntries(names.map((name) => [name, field(argv).optional()]))
  return z.strictObject(shape as Record<Name, ReturnType<typeof optionalArgv>>).prefault({} as never)
}

const optionalArgv = () => field(argv).optional()

function synapse({ lab }: Surroundings) {
  const url = {
    expected: "the public base address of the client API, https and without a path",
    example: "https://matrix.example.org/",
    name: "synapse.url",
  }
  const rendezvous = {
    expected: "the address of a rendezvous server for log-in by QR code (MSC4108)",
    example: "https://auth.example.org/_matrix/client/unstable/org.matrix.msc4108/rendezvous",
    name: "synapse.qrCodeEndpoint",
  }
  return z
    .strictObject({
      /** The container that runs Synapse's main process. Left out only where `commands` has all there is to do. */
      container: field(containerName("synapse")).optional(),
      /** homeserver.yaml on the host. */
      homeserverYaml: field(filePath("/srv/synapse/homeserver.yaml")),
      /** Public base of the client API, slash at the end. */
      url: field(address({ ...url, plainHttp: lab, path: "none" })),
      /**
       * `experimental_features.msc4108_delegation_endpoint` (log-in by QR code, 2024 form): written with the block, gone
       * without it, since Synapse starts with neither alone.
       */
      qrCodeEndpoint: field(address({ ...rendezvous, plainHttp: lab, path: "document" })).optional(),
      /** Settings that stop a delegated Synapse from starting and that we may take out while delegated. */
      takeOver: z.array(field(oneOf(takeOverKeys))).default([]),
      commands: commands(["cli", "start", "stop", "restart", "logs"]),
    })
    .prefault(nothing)
}

function mas({ lab, note }: Surroundings) {
  const internal = { plainHttp: true, path: "folder" } as const
  const issuer = {
    expected: "MAS's public address, https and with a slash at the end",
    example: "https://auth.example.org/",
    name: "issuer",
  }
  const endpoint = { expected: "MAS's address as Synapse sees it", example: "http://mas:8080/", name: "mas.endpoint" }
  const synapseEndpoint = {
    expected: "Synapse's address as MAS sees it",
    example: "http://synapse:8008/",
    name: "mas.synapseEndpoint",
  }
  return z
    .strictObject({
      container: field(containerName("mas")).optional(),
      /** MAS's config.yaml on the host. */
      config: field(filePath("/srv/mas/config.yaml")),
      /** MAS's public address, slash at the end: clients compare it byte for byte (RFC 8414, section 3.3). */
      issuer: field(address({ ...issuer, plainHttp: lab, path: "folder" }), note),
      /** MAS's address as Synapse sees it: may be internal, slash at the end. */
      endpoint: field(address({ ...endpoint, ...internal })),
      /** Synapse's address as MAS sees it: may be internal, slash at the end. */
      synapseEndpoint: field(address({ ...synapseEndpoint, ...internal })),
      /** How long MAS's log has to stay free of errors after a restart, in seconds. Default: 30. */
      cleanLogSeconds: field(wholeNumber({ least: 0, most: 600 }, 30)).default(30),
      commands: commands(["cli", "start", "stop", "restart", "logs"]),
    })
    .prefault(nothing)
}

/** Which Postgres: its container, or its address as seen from the host. User, password and name of the database are read on the host. */
export type DatabasePlace =
  | { readonly kind: "container"; readonly container: string; readonly port: number }
  | { readonly kind: "address"; readonly host: string; readonly port: number }

function database(example: string) {
  return z
    .strictObject({
      container: field(containerName(example)).optional(),
      host: field(hostName("db.internal")).optional(),
      /** As Postgres listens there, not as it is published. Default: 5432. */
      port: field(port(5432)).default(5432),
    })
    .prefault({})
    .transform(({ container, host, port }, context): DatabasePlace => {
      if (container !== undefined && host === undefined) return { kind: "container", container, port }
      if (host !== undefined && container === undefined) return { kind: "address", host, port }
      const why = host === undefined ? undefined : "container and host are both there"
      const complaint: Complaint = {
        expected: "either container or host, of the Postgres it is in",
        example: `{container: ${example}}`,
        ...(why === undefined ? {} : { why }),
      }
      context.addIssue({ code: "custom", params: { ...complaint } })
      return z.NEVER
    })
}

/** What was tried before a migration, kept to be read. */
function evidence({ stack = "stack" }: Surroundings) {
  const copies = `out/evidence/${stack}`
  return z
    .strictObject({
      /** Where the redacted logs go on the machine on which this runs; a relative path is the project's. */
      copyTo: field(folderHere(copies)).default(copies),
      /** A dry-run that is older than this does not count, and is made again. In minutes. Default: 60. */
      maxAgeMinutes: field(wholeNumber({ least: 1, most: 1440 }, 60)).default(60),
    })
    .prefault({})
}

/** Proven backups: what is in them, where they go, how many are kept. */
function backup({ stack = "stack" }: Surroundings) {
  const copies = `out/backups/${stack}`
  return z
    .strictObject({
      /** A folder on the host for backups and nothing else. Default: `backups` in `host.stateFolder`. */
      folder: field(ownFolder("/var/backups/matrix-auth")).optional(),
      /** Whether each gets a copy on the machine on which this runs. Default: true. */
      copy: field(yesOrNo).default(true),
      /** Where the copies go; a relative path is the project's. */
      copyTo: field(folderHere(copies)).default(copies),
      /** How many of the newest are kept, here and there. Default: 3. */
      keep: field(wholeNumber({ least: 1, most: 1000 }, 3)).default(3),
      /** Older than this, a backup is not young enough for a cutover, which then takes one. In minutes. Default: 60. */
      maxAgeMinutes: field(wholeNumber({ least: 5, most: 10080 }, 60)).default(60),
      /** Whether what people have uploaded is in it. Default: false. */
      media: field(yesOrNo).default(false),
      /** More files and folders of the host. */
      include: z.array(field(absolutePath("/srv/compose.yaml"))).default([]),
      /** What `sh` with fitting `pg_dump` and `pg_restore` stands behind. Default: docker's exec, or nothing. */
      programs: commands(["synapse", "mas"]),
    })
    .prefault({})
}

function wellKnown({ lab, serverName: name }: Surroundings) {
  const url = {
    expected: "where clients read the document",
    example: "https://example.org/.well-known/matrix/client",
    name: "wellKnown.url",
  }
  // Without a server name there is no default, but a mistake to tell already.
  const standard = name === undefined ? "" : `https://${name.replace(/:\d+$/, "")}/.well-known/matrix/client`
  return z
    .strictObject({
      /** The client well-known on the host: the JSON that nginx serves. It must exist. */
      file: field(filePath("/srv/wellknown/matrix/client")),
      /** Default: `https://<server name>/.well-known/matrix/client`, where the specification puts it. */
      url: field(address({ ...url, plainHttp: lab, path: "document" })).default(standard),
      /** The container of the nginx that serves it, to be told to reload. Left out where nothing needs to. */
      container: field(containerName("wellknown")).optional(),
      commands: commands(["reload"]),
    })
    .prefault(nothing)
}

function element({ lab }: Surroundings) {
  const url = { expected: "Element Web's address", example: "https://element.example.org/", name: "element.url" }
  return z
    .strictObject({
      /** Element's config.json on the host. */
      config: field(filePath("/srv/element/config.json")),
      url: field(address({ ...url, plainHttp: lab, path: "folder" })),
      /** The container to restart after a change. Left out where the file is served afresh. */
      container: field(containerName("element")).optional(),
      /** Older ones do not log in by MAS natively. Default: 1.11.50. */
      minimumVersion: field(version).default("1.11.50"),
      commands: commands(["restart"]),
    })
    .prefault(nothing)
}

function staging() {
  const names = ["synapse", "mas", "postgres", "nginx", "element"] as const
  const images = Object.fromEntries(names.map((name) => [name, field(image(`"${name}:1.2.3"`)).optional()]))
  return z.strictObject({
    /** Where the lab's files are on the host; made when missing. */
    folder: field(absolutePath("/var/lib/matrix-auth/staging")),
    /** Images in the place of the lab's own. */
    images: z.strictObject(images as Record<(typeof names)[number], ReturnType<typeof optionalImage>>).prefault({}),
    /** Ports on the host: Synapse and the well-known behind nginx, MAS, and Element. */
    ports: z
      .strictObject({ matrix: field(port(18008)), auth: field(port(18080)), element: field(port(18081)) })
      .prefault(nothing),
  })
}

const optionalImage = () => field(image("")).optional()
