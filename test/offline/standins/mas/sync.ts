import type { Client } from "pg"
import { advisoryKey } from "./advisory-lock.ts"
import { encryptionKey } from "./config/secrets.ts"
import type { SyncConfig } from "./config.ts"
import { databaseCauses } from "./database.ts"
import { Failure } from "./failure.ts"
import { log } from "./logs.ts"
import { syncClients } from "./sync/clients.ts"
import { syncProviders } from "./sync/providers.ts"

export interface SyncOptions {
  /** Deletes static clients and providers that the file lacks, with all that hangs on them. */
  readonly prune: boolean
  /** Says what it would do and takes it back. */
  readonly dryRun: boolean
}

/** What one part of the sync works with. */
export interface SyncRun extends SyncOptions {
  readonly client: Client
  /** Encrypts the secrets of clients and providers. */
  readonly key: Buffer
}

/**
 * Makes the clients and providers of the database those of the file, in one transaction under MAS's lock for it (which
 * waits without limit). "Updating" is said whether or not anything differs.
 */
export async function configSync(client: Client, config: SyncConfig, options: SyncOptions): Promise<void> {
  const key = await encryptionKey(config.secrets)
  await client.query("begin")
  try {
    await lockedSync(config, { ...options, client, key })
  } catch (cause) {
    await client.query("rollback")
    throw new Failure("could not sync the configuration with the database", databaseCauses(cause))
  }
}

async function lockedSync(config: SyncConfig, run: SyncRun): Promise<void> {
  const { client, prune, dryRun } = run
  log("INFO", "mas_cli::sync:101", "Acquiring configuration lock")
  await client.query("select pg_advisory_xact_lock($1)", [advisoryKey("MAS config sync")])
  const intent = "Syncing providers and clients defined in config to database"
  log("INFO", "mas_cli::sync:108", intent, { prune, dry_run: dryRun })
  await syncProviders(config.providers, run)
  await syncClients(config.clients, run)
  if (dryRun) log("INFO", "mas_cli::sync:448", "Dry run, rolling back changes")
  await client.query(dryRun ? "rollback" : "commit")
}
