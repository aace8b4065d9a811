import type { Client } from "pg"
import type { Cursor } from "../config/cursor.ts"
import { matrixConfig, passwordsConfig } from "../config.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { scheduleJob } from "../server/jobs.ts"
import { newUuid, ulidToUuid, uuidToUlid } from "../ulid.ts"
import { isLocalpartAvailable } from "./homeserver.ts"
import { isStrongEnough } from "./password-strength.ts"
import { addPassword } from "./passwords.ts"
import { inDatabase, manageTarget } from "./person.ts"

export interface NewUser {
  readonly username: string
  readonly password: string | undefined
  readonly emails: readonly string[]
  /** `<ULID of the provider>:<subject>` each. */
  readonly mappings: readonly string[]
  readonly isAdmin: boolean | undefined
  readonly displayName: string | undefined
  readonly ignoreComplexity: boolean
}

/** Always as with `--yes`: the stand-in asks nobody. The account reaches the homeserver by a worker. */
export async function registerUser(root: Cursor, user: NewUser): Promise<boolean> {
  const { minimumComplexity } = passwordsConfig(root)
  if (user.password !== undefined && !user.ignoreComplexity && !isStrongEnough(user.password, minimumComplexity)) {
    log("ERROR", `${manageTarget}:727`, "That password is too weak.")
    return false
  }
  return inDatabase(root, async (client) => {
    const taken = await client.query("select from users where username = $1", [user.username])
    if (taken.rowCount !== 0) throw new Failure("User already exists")
    if (!(await isLocalpartAvailable(matrixConfig(root), user.username))) {
      throw new Failure("Username not available on homeserver")
    }
    if (user.emails.length === 0) {
      log("WARN", `${manageTarget}:919`, "No email address provided, user will need to add one")
    }
    const id = await addUser(client, root, user)
    log("INFO", `${manageTarget}:936`, "User registered", { "user.id": uuidToUlid(id) })
    return true
  })
}

async function addUser(client: Client, root: Cursor, user: NewUser): Promise<string> {
  const id = newUuid()
  await client.query(
    "insert into users (user_id, username, created_at, can_request_admin) values ($1, $2, now(), $3)",
    [id, user.username, user.isAdmin ?? false],
  )
  if (user.password !== undefined) await addPassword(client, root, { userId: id, password: user.password })
  for (const email of user.emails) {
    const statement = "insert into user_emails (user_email_id, user_id, email, created_at) values ($1, $2, $3, now())"
    await client.query(statement, [newUuid(), id, email])
  }
  for (const mapping of user.mappings) await addLink(client, id, mapping)
  const { displayName } = user
  await scheduleJob(client, {
    kind: "provision-user",
    userId: id,
    ...(displayName === undefined ? {} : { displayName }),
  })
  return id
}

async function addLink(client: Client, userId: string, mapping: string): Promise<void> {
  const [provider = "", ...subject] = mapping.split(":")
  await client.query(
    `insert into upstream_oauth_links (upstream_oauth_link_id, upstream_oauth_provider_id, user_id, subject, created_at)
     values ($1, $2, $3, $4, now())`,
    [newUuid(), ulidToUuid(provider), userId, subject.join(":")],
  )
}
