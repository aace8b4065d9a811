import type { Cursor } from "../config/cursor.ts"
import { rootConfig } from "../config.ts"
import { connect } from "../database.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { hasPendingMigrations, migrateSchema } from "../migrations.ts"
import { configSync } from "../sync.ts"
import { version } from "../version.ts"

export interface ServerOptions {
  /** Whether pending migrations are run; without it they are a reason not to start. */
  readonly migrate: boolean
  /** Whether clients and providers of the file are written to the database first; nothing is pruned. */
  readonly sync: boolean
  readonly worker: boolean
}

const target = "mas_cli::commands::server"
const refusal =
  "The server is running with `--no-migrate` but there are pending migrations. Please run them first with `mas-cli database migrate`, or omit the `--no-migrate` flag to apply them automatically on startup."

/** Ends when SIGTERM or SIGINT says so. */
export async function server(root: Cursor, options: ServerOptions): Promise<void> {
  const config = rootConfig(root)
  log("INFO", `${target}:63`, "Starting up", { version })
  log("INFO", `${target}:72`, "Connecting to the database")
  const client = await connect(config.database)
  try {
    if (options.migrate) {
      log("INFO", `${target}:85`, "Running pending database migrations")
      await migrateSchema(client)
    } else if (await hasPendingMigrations(client)) {
      throw new Failure(refusal)
    }
    if (options.sync) await configSync(client, config, { prune: false, dryRun: false })
    else log("INFO", `${target}:95`, "Skipping configuration sync")
  } finally {
    await client.end()
  }
  const { serve } = await import("../server/serve.ts")
  await serve(config, { worker: options.worker })
}

export async function worker(root: Cursor): Promise<void> {
  const { work } = await import("../server/serve.ts")
  await work(rootConfig(root))
}
