import { writeFile } from "node:fs/promises"
import type { Cursor } from "../config/cursor.ts"
import { rootConfig, syncConfig } from "../config.ts"
import { connect } from "../database.ts"
import { dumpConfig } from "../dump.ts"
import { log } from "../logs.ts"
import { migrateSchema } from "../migrations.ts"
import { configSync, type SyncOptions } from "../sync.ts"

/** Looks at the files only: no secret file is read, no database asked. */
export function configCheck(root: Cursor): void {
  rootConfig(root)
  log("INFO", "mas_cli::commands::config:91", "Configuration file looks good")
}

export async function configDump(root: Cursor, output: string | undefined): Promise<void> {
  rootConfig(root)
  await writeOut(dumpConfig(root), output, { toFile: 78, toStdout: 82 })
}

/** Prints a configuration where the caller wants it; the numbers are lines of MAS's source, as its log names them. */
export async function writeOut(
  text: string,
  output: string | undefined,
  lines: { readonly toFile: number; readonly toStdout: number },
): Promise<void> {
  const target = (line: number) => `mas_cli::commands::config:${line}`
  if (output === undefined) {
    log("INFO", target(lines.toStdout), "Writing configuration to standard output")
    process.stdout.write(text)
    return
  }
  log("INFO", target(lines.toFile), `Writing configuration to ${JSON.stringify(output)}`)
  await writeFile(output, text)
}

/** Runs the schema's migrations first, `--dry-run` or not. */
export async function configSyncCommand(root: Cursor, options: SyncOptions): Promise<void> {
  const config = syncConfig(root)
  const client = await connect(config.database)
  try {
    await migrateSchema(client)
    await configSync(client, config, options)
  } finally {
    await client.end()
  }
}
