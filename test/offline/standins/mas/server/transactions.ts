import type { Pool, PoolClient } from "pg"
import { uuidToUlid } from "../ulid.ts"
import type { User } from "./users.ts"

/** All of `work` or nothing of it. */
export async function inTransaction<T>(pool: Pool, work: (rows: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query("begin")
    const result = await work(client)
    await client.query("commit")
    return result
  } catch (cause) {
    await client.query("rollback")
    throw cause
  } finally {
    client.release()
  }
}

/** How the access log names a user. */
export function requesterOf(user: Pick<User, "id" | "username">): string {
  return `user:${uuidToUlid(user.id)}(${user.username})`
}
