import type { Cursor } from "../config/cursor.ts"
import { databaseConfig } from "../config.ts"
import { connect } from "../database.ts"
import { migrateSchema } from "../migrations.ts"

export async function databaseMigrate(root: Cursor): Promise<void> {
  const client = await connect(databaseConfig(root))
  try {
    await migrateSchema(client)
  } finally {
    await client.end()
  }
}
