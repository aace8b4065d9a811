import type { Client, ClientConfig } from "pg"
import { advisoryKey } from "../advisory-lock.ts"
import type { Cursor } from "../config/cursor.ts"
import type { DatabaseConfig } from "../config/database.ts"
import { readProviders } from "../config/providers.ts"
import { databaseConfig, matrixConfig, syncConfig } from "../config.ts"
import { connect, connectTo } from "../database.ts"
import { log } from "../logs.ts"
import { migrateSchema } from "../migrations.ts"
import {
  checkAgainstMas,
  checkSynapseConfig,
  checkSynapseDatabase,
  type Findings,
  joinFindings,
} from "../syn2mas/checks.ts"
import { checkEmpty } from "../syn2mas/mas-tables.ts"
import { MasWriter } from "../syn2mas/mas-writer.ts"
import { migrateRows } from "../syn2mas/migration.ts"
import { loadSynapseConfig, type SynapseConfig, synapseConnection } from "../syn2mas/synapse-config.ts"
import { SynapseReader } from "../syn2mas/synapse-reader.ts"
import { configSync } from "../sync.ts"
import { ulidToUuid } from "../ulid.ts"

export interface Syn2MasOptions {
  /** homeserver.yaml, one or more. */
  readonly synapseConfig: readonly string[]
  /** In place of what those files say about the database. */
  readonly synapseDatabase: ClientConfig | undefined
  readonly ignoreMissingAuthProviders: boolean
  readonly action: "check" | "migrate" | "dry-run"
}

const target = "mas_cli::commands::syn2mas"
const loaders = 8
const checkErrors = 10
const checkWarnings = 11

/** @returns the exit code: 0, 1, 10 for errors found, 11 for warnings found by a mere check. */
export async function syn2mas(root: Cursor, options: Syn2MasOptions): Promise<number> {
  if (options.synapseConfig.length === 0) {
    log("ERROR", `${target}:100`, "Please specify the path to the Synapse configuration file(s).")
    return 1
  }
  const synapse = loadSynapseConfig(options.synapseConfig)
  const where = options.synapseDatabase ?? synapseConnection(synapse)
  await using connections = new AsyncDisposableStack()
  const closing = (client: Client) => connections.adopt(client, (used) => used.end())
  const synapseClient = closing(await connectTo(where, "could not connect to Synapse Postgres database"))
  const database = databaseConfig(root)
  const mas = closing(await connect(database))
  await migrateSchema(mas)
  if (options.action !== "check") await configSync(mas, syncConfig(root), { prune: false, dryRun: false })
  if (!(await tryLock(mas))) return 1
  const findings = await findAll({
    root,
    synapse,
    synapseClient,
    mas,
    ignoreMissing: options.ignoreMissingAuthProviders,
  })
  report(findings)
  if (findings.errors.length > 0) return checkErrors
  if (options.action === "check") return concludeCheck(findings)
  await migrate({ root, options, database, mas, synapseClient, closing })
  return 0
}

/** Held as long as the connection lives, so a killed syn2mas leaves none behind. */
async function tryLock(mas: Client): Promise<boolean> {
  const key = advisoryKey("syn2mas-maswriter")
  const tried = await mas.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [key])
  if (tried.rows[0]?.held) return true
  log("ERROR", `${target}:163`, "Failed to acquire syn2mas lock on the database.")
  log("ERROR", `${target}:164`, "This likely means that another syn2mas instance is already running!")
  return false
}

interface CheckParts {
  readonly root: Cursor
  readonly synapse: SynapseConfig
  readonly synapseClient: Client
  readonly mas: Client
  readonly ignoreMissing: boolean
}

/** A database that is not empty counts as a failure, not as a finding: it comes before the findings are told. */
async function findAll({ root, synapse, synapseClient, mas, ignoreMissing }: CheckParts): Promise<Findings> {
  const config = joinFindings([checkSynapseConfig(synapse), await checkAgainstMas(synapse, root)])
  await checkEmpty(mas)
  return joinFindings([config, await checkSynapseDatabase(synapseClient, { synapse, root, ignoreMissing })])
}

function report({ errors, warnings }: Findings): void {
  if (errors.length > 0) {
    list("Errors", "These issues prevent migrating from Synapse to MAS right now:", errors)
  }
  if (warnings.length > 0) {
    const intro = "These potential issues should be considered before migrating from Synapse to MAS right now:"
    list("Warnings", intro, warnings)
  }
}

function list(title: string, intro: string, sentences: readonly string[]): void {
  const bullets = sentences.map((sentence) => `• ${sentence}\n\n`)
  process.stderr.write(`\n\n===== ${title} =====\n${intro}\n\n${bullets.join("")}`)
}

function concludeCheck({ warnings }: Findings): number {
  if (warnings.length > 0) return checkWarnings
  process.stdout.write("Check completed successfully with no errors or warnings.\n")
  return 0
}

interface MigrateParts {
  readonly root: Cursor
  readonly options: Syn2MasOptions
  readonly database: DatabaseConfig
  readonly mas: Client
  readonly synapseClient: Client
  readonly closing: (client: Client) => Client
}

/** Synapse's tables are locked before MAS's are touched; from then on only a whole run brings MAS's tables back. */
async function migrate({ root, options, database, mas, synapseClient, closing }: MigrateParts): Promise<void> {
  const dryRun = options.action === "dry-run"
  const reader = await SynapseReader.open(synapseClient, dryRun)
  const writers = await Promise.all(Array.from({ length: loaders }, async () => closing(await connect(database))))
  const writer = await MasWriter.open({ main: mas, loaders: writers })
  const mapped = readProviders(root).flatMap(({ synapseIdpId, id }): [string, string][] =>
    synapseIdpId === undefined ? [] : [[synapseIdpId, ulidToUuid(id)]],
  )
  await migrateRows({
    synapse: reader,
    mas: writer,
    serverName: matrixConfig(root).homeserver,
    providers: new Map(mapped),
    ignoreMissing: options.ignoreMissingAuthProviders,
  })
  await reader.finish()
  await writer.finish(dryRun)
}
