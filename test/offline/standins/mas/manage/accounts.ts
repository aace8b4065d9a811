import type { Cursor } from "../config/cursor.ts"
import { log } from "../logs.ts"
import { scheduleJob } from "../server/jobs.ts"
import type { User } from "../server/users.ts"
import { newUuid, uuidToUlid } from "../ulid.ts"
import { inDatabase, manageTarget, named, requireUser } from "./person.ts"

export async function listAdminUsers(root: Cursor): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const found = await client.query<Pick<User, "id" | "username">>(
      "select user_id as id, username from users where can_request_admin order by user_id",
    )
    const total = `(${found.rows.length} total)`
    log("INFO", `${manageTarget}:390`, `The following users can request admin privileges ${total}:`)
    for (const { id, username } of found.rows) {
      log("INFO", `${manageTarget}:395`, "", { "user.id": uuidToUlid(id), username })
    }
    return true
  })
}

export async function setAdmin(root: Cursor, username: string, isAdmin: boolean): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    await client.query("update users set can_request_admin = $2 where user_id = $1", [user.id, isAdmin])
    if (isAdmin) log("INFO", `${manageTarget}:349`, "User promoted to admin", named(user))
    else log("INFO", `${manageTarget}:373`, "User is no longer admin", named(user))
    return true
  })
}

/** Locked in MAS at once; the homeserver hears of it from a worker. */
export async function lockUser(root: Cursor, username: string, deactivate: boolean): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    const who = { "user.id": uuidToUlid(user.id) }
    log("INFO", `${manageTarget}:634`, "Locking user", who)
    await client.query("update users set locked_at = coalesce(locked_at, now()) where user_id = $1", [user.id])
    await scheduleJob(client, { kind: "provision-user", userId: user.id })
    if (deactivate) {
      log("WARN", `${manageTarget}:648`, "Scheduling user deactivation", who)
      await scheduleJob(client, { kind: "deactivate-user", userId: user.id, erase: false })
    }
    return true
  })
}

/** Says nothing when it works. */
export async function unlockUser(root: Cursor, username: string, reactivate: boolean): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    await scheduleJob(client, { kind: "provision-user", userId: user.id })
    if (reactivate) {
      log("WARN", `${manageTarget}:684`, "Scheduling user reactivation", { "user.id": uuidToUlid(user.id) })
      await scheduleJob(client, { kind: "reactivate-user", userId: user.id })
    } else {
      await client.query("update users set locked_at = null where user_id = $1", [user.id])
    }
    return true
  })
}

export async function addEmail(root: Cursor, username: string, email: string): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    const known = await client.query<{ id: string }>(
      "select user_email_id as id from user_emails where user_id = $1 and email = $2",
      [user.id, email],
    )
    const id = known.rows[0]?.id ?? newUuid()
    if (known.rowCount === 0) {
      const statement = "insert into user_emails (user_email_id, user_id, email, created_at) values ($1, $2, $3, now())"
      await client.query(statement, [id, user.id, email])
    }
    log("INFO", `${manageTarget}:304`, "Email added", {
      ...named(user),
      "email.id": uuidToUlid(id),
      "email.email": email,
    })
    return true
  })
}

export async function provisionAllUsers(root: Cursor): Promise<boolean> {
  return inDatabase(root, async (client) => {
    const found = await client.query<{ id: string }>("select user_id as id from users")
    for (const { id } of found.rows) {
      log("INFO", `${manageTarget}:536`, "Scheduling provisioning job", { "user.id": uuidToUlid(id) })
      await scheduleJob(client, { kind: "provision-user", userId: id })
    }
    return true
  })
}
