import { randomBytes } from "node:crypto"
import { readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { execa } from "execa"
import { parse } from "yaml"
import { type Database, type DatabaseAddress, openDatabase } from "../../../../components/host/database.ts"
import { waitUntilHealthy } from "../../../../components/host/health.ts"
import { localHost } from "../../../../components/host/local-host.ts"
import { derivedClientId } from "../../../../components/mas/client-id.ts"
import { masDatabase } from "../../../../components/mas/mas-database.ts"
import { uuidOfUlid } from "../../../../components/mas/ulid.ts"
import type { Side } from "../../../../components/migration/holdings.ts"
import { synapseDatabase } from "../../../../components/synapse/synapse-database.ts"
import type { DriftLab } from "./drift-lab.ts"

/** The services of which each start counts. */
export const serviceNames = ["synapse", "mas", "nginx", "element"] as const
export type ServiceName = (typeof serviceNames)[number]

/** The documents with keys of ours. */
export type DocumentName = "homeserver" | "mas" | "wellKnown" | "element"

/** The server under the hands of somebody who has root on it and no thought of us. */
export interface Server {
  readonly lab: DriftLab
  readonly files: Readonly<Record<DocumentName | "nginx", string>>
  readonly containers: Readonly<Record<ServiceName, string>>
  /** Of `element`, `matrix_pc`, `matrix_android`, `admin_panel`. */
  clientId(name: string): string
  /** The same as MAS's database has it. */
  clientUuid(name: string): string
  /** A secret that nobody knows yet, and that must not be shown from then on. */
  newSecret(): string
  /** Every secret that was made so. */
  readonly madeSecrets: readonly string[]
  read(file: DocumentName | "nginx"): Promise<string>
  /** In place, as most editors write: what mounts the file sees it. Throws where the edit changes nothing. */
  edit(file: DocumentName | "nginx", change: (text: string) => string): Promise<void>
  /** As careful editors and `sed -i` write: another file in its place, which what mounts the file does not see. */
  exchange(file: DocumentName | "nginx", change: (text: string) => string): Promise<void>
  docker(...words: readonly string[]): Promise<string>
  /** Returns when it is healthy, and answers. */
  restart(service: ServiceName): Promise<void>
  /** Lets it take its file: the proxy by a reload, which is over when it serves by the new one; the others by a restart. */
  load(service: ServiceName): Promise<void>
  /** In MAS's database. */
  sql(statement: string): Promise<string>
  /** Read-only, whatever has become of the documents that say who may. */
  openDatabase(side: Side): Promise<Database>
}

/** Takes up the hands of somebody on a lab whose documents are sound. */
export async function serverOf(lab: DriftLab): Promise<Server> {
  const databases = await databasesOf(lab)
  const { synapse, mas, wellKnown, element } = lab.places
  const files = {
    homeserver: synapse.homeserverYaml,
    mas: mas.config,
    wellKnown: wellKnown.file,
    element: element.config,
    nginx: join(lab.hostFolder, "nginx/default.conf"),
  }
  const containers = {
    synapse: synapse.container,
    mas: mas.container,
    nginx: wellKnown.container,
    element: element.container,
  }
  const madeSecrets: string[] = []
  const clientId = (name: string) => derivedClientId({ stack: lab.stack, name })
  const docker = async (...words: readonly string[]) =>
    (await execa(lab.dockerCli, [...words], { env: lab.environment })).stdout
  const changed = async (file: keyof typeof files, change: (text: string) => string) => {
    const before = await readFile(files[file], "utf8")
    const after = change(before)
    if (after === before) throw new Error(`there was nothing to edit in ${files[file]}`)
    return after
  }
  const restart = async (service: ServiceName) => {
    await docker("restart", "--time", "5", containers[service])
    await healthy(containers[service], questions(lab)[service])
  }
  const reload = async () => {
    const mark = /location = (\/taken-\w+)/.exec(await readFile(files.nginx, "utf8"))?.[1]
    if (mark === undefined) throw new Error("there is no mark in the proxy's file by which to see that it was taken")
    await docker("exec", containers.nginx, "nginx", "-s", "reload")
    await until(async () => (await fetch(new URL(mark, synapse.url))).status === 204)
  }
  return {
    lab,
    files,
    containers,
    clientId,
    clientUuid: (name) => uuidOfUlid(clientId(name)),
    madeSecrets,
    newSecret() {
      const secret = randomBytes(24).toString("hex")
      madeSecrets.push(secret)
      return secret
    },
    read: (file) => readFile(files[file], "utf8"),
    edit: async (file, change) => writeFile(files[file], await changed(file, change)),
    async exchange(file, change) {
      const beside = `${files[file]}.new`
      const after = await changed(file, change)
      await execa("cp", ["--archive", files[file], beside])
      await writeFile(beside, after)
      await rename(beside, files[file])
    },
    docker,
    restart,
    load: (service) => (service === "nginx" ? reload() : restart(service)),
    async sql(statement) {
      const { container } = lab.places.databases.mas
      const words = ["exec", container, "psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-U", "mas", "-d", "mas"]
      return docker(...words, "-c", statement)
    },
    openDatabase: (side) => openDatabase(localHost, databases[side]),
  }
}

async function databasesOf({ places }: DriftLab): Promise<Readonly<Record<Side, DatabaseAddress>>> {
  const read = async (path: string) => parse(await readFile(path, "utf8")) as Record<string, Record<string, unknown>>
  const homeserver = await read(places.synapse.homeserverYaml)
  const { database = {} } = await read(places.mas.config)
  return {
    synapse: synapseDatabase(homeserver, { place: places.databases.synapse }),
    mas: masDatabase(database, { place: places.databases.mas }),
  }
}

/** What a service answers once it is there. */
function questions({ places }: DriftLab): Readonly<Record<ServiceName, string>> {
  return {
    synapse: new URL("/health", places.synapse.url).href,
    mas: new URL("/.well-known/openid-configuration", places.mas.issuer).href,
    nginx: places.wellKnown.url,
    element: new URL("config.json", places.element.url).href,
  }
}

async function healthy(container: string, url: string): Promise<void> {
  const probe = async () => (await fetch(url, { signal: AbortSignal.timeout(3000) })).status < 500
  await waitUntilHealthy(localHost, { name: container }, { limitSeconds: 120, probe })
}

/** Until something that was just done has come into effect. */
export async function until(isSo: () => Promise<boolean>, limitSeconds = 30): Promise<void> {
  const deadline = performance.now() + limitSeconds * 1000
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`it did not come into effect within ${limitSeconds} s`)
    await pause(100)
  }
}
