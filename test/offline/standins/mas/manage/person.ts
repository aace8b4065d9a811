import type { Client } from "pg"
import type { Cursor } from "../config/cursor.ts"
import { databaseConfig } from "../config.ts"
import { connect } from "../database.ts"
import { Failure } from "../failure.ts"
import type { LogFields } from "../logs.ts"
import { findUser, type User } from "../server/users.ts"
import { uuidToUlid } from "../ulid.ts"

/** Where the log says that a line of `manage` comes from. */
export const manageTarget = "mas_cli::commands::manage"

/** One transaction on MAS's database, taken back if `work` throws or returns false. No migrations are run. */
export async function inDatabase(root: Cursor, work: (client: Client) => Promise<boolean>): Promise<boolean> {
  const client = await connect(databaseConfig(root))
  try {
    await client.query("begin")
    const isDone = await work(client)
    await client.query(isDone ? "commit" : "rollback")
    return isDone
  } finally {
    await client.end()
  }
}

/** @throws Failure `User not found`. */
export async function requireUser(client: Client, username: string): Promise<User> {
  const user = await findUser(client, username)
  if (!user) throw new Failure("User not found")
  return user
}

/** How the log names a person. */
export function named(user: Pick<User, "id" | "username">): LogFields {
  return { "user.id": uuidToUlid(user.id), "user.username": user.username }
}
