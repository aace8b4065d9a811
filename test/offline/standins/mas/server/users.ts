import type { ClientBase, Pool } from "pg"

export interface User {
  /** The uuid of the row; outside the database people see it as a ULID. */
  readonly id: string
  readonly username: string
  readonly locked: boolean
  readonly deactivated: boolean
  readonly mayRequestAdmin: boolean
}

/** What reads and writes rows: the pool, or the one client of a transaction. */
export type Rows = Pool | ClientBase

export interface StoredPassword {
  readonly id: string
  readonly hash: string
  readonly version: number
}

const columns = `user_id as id, username, locked_at is not null as locked,
  deactivated_at is not null as deactivated, can_request_admin as "mayRequestAdmin"`

/** Names are compared byte for byte: `Alice` is not `alice`. */
export async function findUser(rows: Rows, username: string): Promise<User | undefined> {
  const found = await rows.query<User>(`select ${columns} from users where username = $1`, [username])
  return found.rows[0]
}

export async function loadUser(rows: Rows, id: string): Promise<User | undefined> {
  const found = await rows.query<User>(`select ${columns} from users where user_id = $1`, [id])
  return found.rows[0]
}

/** Neither locked nor deactivated: such a user's tokens are inactive, though their rows stay. */
export function isValid(user: User): boolean {
  return !user.locked && !user.deactivated
}

/** The newest row counts. */
export async function activePassword(rows: Rows, userId: string): Promise<StoredPassword | undefined> {
  const found = await rows.query<StoredPassword>(
    `select user_password_id as id, hashed_password as hash, version from user_passwords
     where user_id = $1 order by created_at desc, user_password_id desc limit 1`,
    [userId],
  )
  return found.rows[0]
}

export async function emailsOf(rows: Rows, userId: string): Promise<string[]> {
  const found = await rows.query<{ email: string }>(
    "select email from user_emails where user_id = $1 order by user_email_id",
    [userId],
  )
  return found.rows.map(({ email }) => email)
}

/** Held until the transaction ends: a log-in that makes a device and a sync of devices take turns. */
export async function lockDevicesOf(rows: ClientBase, userId: string): Promise<void> {
  await rows.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`devices of ${userId}`])
}
