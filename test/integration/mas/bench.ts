import { generateKeyPairSync } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import type { Database } from "../../../components/host/database.ts"
import { openDatabase } from "../../../components/host/database.ts"
import type { Host } from "../../../components/host/host.ts"
import { openHost } from "../../../components/host/open-host.ts"
import type { ClientInputs } from "../../../components/mas/client.provider.ts"
import type { MasAddress } from "../../../components/mas/mas-cli.ts"
import type { SettingsInputs } from "../../../components/mas/settings.provider.ts"
import { masCli } from "../../contract/cli/mas-cli.ts"
import { startPostgres } from "../../lab/postgres.ts"

/** MAS without a container: a config.yaml of somebody's, a database, and mas-cli on this machine. */
export interface MasBench extends AsyncDisposable {
  readonly mas: MasAddress
  /** This machine, taking down what mas-cli was called for. */
  readonly host: Host
  /** Words after `--config FILE`, a line a call. */
  readonly calls: string[]
  readonly database: Database
  readonly folder: string
  text(): Promise<string>
  /** Config and database as they were, and nothing called yet. */
  reset(clients?: string): Promise<void>
}

/** An id that is declared by hand, not by us. */
export const foreignId = "01GFWR28C4KNE04WG3HKXB7C9R"

export const foreignClient = `
clients:
  # The forum, since 2021.
  - client_id: ${foreignId}   # keep
    client_auth_method: none
    redirect_uris: ["https://forum.example.org/cb"]
`

export async function openMasBench(): Promise<MasBench> {
  await using opened = new AsyncDisposableStack()
  const cluster = opened.use(await startPostgres())
  const folder = await mkdtemp(join(tmpdir(), "mas-bench-"))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const uri = await cluster.createDatabase({ name: "mas", owner: "mas" })
  const config = join(folder, "config.yaml")
  const path = [dirname(masCli), process.env.PATH].join(delimiter)
  const mas = { service: { name: "mas", commands: { cli: ["env", `PATH=${path}`] as const } }, config }
  const calls: string[] = []
  const local = openHost({ kind: "local" })
  const host: Host = {
    ...local,
    exec(argv, options) {
      if (argv.includes("mas-cli")) calls.push(argv.slice(argv.indexOf("--config") + 2).join(" "))
      return local.exec(argv, options)
    },
  }
  const { port } = cluster
  const address = { address: { host: "127.0.0.1", port }, user: "mas", password: "mas", database: "mas" }
  await writeFile(config, configText(uri, foreignClient))
  await host.exec(["env", `PATH=${path}`, "mas-cli", "--config", config, "database", "migrate"])
  const database = opened.use(await openDatabase(local, address, { writable: true }))
  const kept = opened.move()
  return {
    mas,
    host,
    calls,
    database,
    folder,
    text: () => readFile(config, "utf8"),
    async reset(clients = foreignClient) {
      await writeFile(config, configText(uri, clients))
      await database.execute("TRUNCATE oauth2_clients, upstream_oauth_providers CASCADE")
      calls.splice(0)
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
const signingKey = String(privateKey.export({ type: "pkcs8", format: "pem" }))

function configText(uri: string, clients: string): string {
  return `# MAS of example.org
database:
  uri: ${uri}
matrix:
  kind: synapse_read_only
  homeserver: example.org
  endpoint: "http://127.0.0.1:9/"   # nobody
  secret: sh4red
secrets:
  encryption: ${"0123456789abcdef".repeat(4)}
  keys:
    - kid: ec
      key: |
${signingKey.trimEnd().replaceAll(/^/gm, " ".repeat(8))}
passwords:
  schemes:
    - {version: 1, algorithm: bcrypt, unicode_normalization: true}
${clients}
policy: {}
`
}

/** What a stack in legacy wants of the bench's MAS. */
export function settingsInputs({ mas, folder }: MasBench): SettingsInputs {
  return {
    host: { kind: "local" },
    file: mas.config,
    keptAt: join(folder, "mas-settings.kept.json"),
    service: mas.service,
    authentication: "legacy",
    serverName: "example.org",
    issuer: "https://auth.example.org/",
    synapseEndpoint: "http://synapse:8008/",
    homeserverYaml: join(folder, "homeserver.yaml"),
  }
}

/** A public client as somebody declares it. */
export function clientInputs({ mas }: MasBench, clientId: string): ClientInputs {
  const client = {
    name: "element",
    id: clientId,
    clientName: "Element Web",
    authMethod: "none",
    redirectUris: ["http://127.0.0.1/"],
    credential: { kind: "none" },
  } as const
  return { host: { kind: "local" }, clientId, client, mas: mas, stateFolder: dirname(mas.config) }
}
