import { newUuid } from "../ulid.ts"
import { newToken } from "./tokens.ts"
import { isValid, type Rows, type User } from "./users.ts"

export interface NewCompatSession {
  readonly userId: string
  readonly deviceId: string
  readonly displayName: string | undefined
  readonly userAgent: string | undefined
}

/** A session by the compat layer, with the user whose it is, found by one of its tokens. */
export interface CompatSession {
  readonly tokenId: string
  readonly sessionId: string
  readonly deviceId: string | null
  readonly isSynapseAdmin: boolean
  readonly finished: boolean
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly user: User
  /** Only of a refresh token: the access token that came with it. */
  readonly accessTokenId: string | null
  /** Only of a refresh token: used already. */
  readonly consumed: boolean
}

export interface IssuedToken {
  readonly id: string
  readonly token: string
}

export async function openCompatSession(rows: Rows, session: NewCompatSession): Promise<string> {
  const id = newUuid()
  await rows.query(
    `insert into compat_sessions (compat_session_id, user_id, device_id, human_name, user_agent, created_at)
     values ($1, $2, $3, $4, $5, now())`,
    [id, session.userId, session.deviceId, session.displayName ?? null, session.userAgent ?? null],
  )
  return id
}

/** Without a time to live the token works until its session ends. */
export async function addAccessToken(rows: Rows, sessionId: string, ttlSeconds?: number): Promise<IssuedToken> {
  const issued = { id: newUuid(), token: newToken("compat-access") }
  await rows.query(
    `insert into compat_access_tokens (compat_access_token_id, compat_session_id, access_token, created_at, expires_at)
     values ($1, $2, $3, now(), now() + make_interval(secs => $4))`,
    [issued.id, sessionId, issued.token, ttlSeconds ?? null],
  )
  return issued
}

export async function addRefreshToken(rows: Rows, sessionId: string, accessTokenId: string): Promise<IssuedToken> {
  const issued = { id: newUuid(), token: newToken("compat-refresh") }
  await rows.query(
    `insert into compat_refresh_tokens
       (compat_refresh_token_id, compat_session_id, compat_access_token_id, refresh_token, created_at)
     values ($1, $2, $3, $4, now())`,
    [issued.id, sessionId, accessTokenId, issued.token],
  )
  return issued
}

export async function finishCompatSession(rows: Rows, sessionId: string): Promise<void> {
  await rows.query("update compat_sessions set finished_at = now() where compat_session_id = $1", [sessionId])
}

/** Expired or not, of an open session or not: `isUsable` tells. */
export function findByAccessToken(rows: Rows, token: string): Promise<CompatSession | undefined> {
  return find(
    rows,
    `t.compat_access_token_id as "tokenId", t.created_at as "createdAt", t.expires_at as "expiresAt",
     null::uuid as "accessTokenId", false as consumed from compat_access_tokens t`,
    ["t.access_token = $1", token],
  )
}

export function findByRefreshToken(rows: Rows, token: string): Promise<CompatSession | undefined> {
  return find(
    rows,
    `t.compat_refresh_token_id as "tokenId", t.created_at as "createdAt", null::timestamptz as "expiresAt",
     t.compat_access_token_id as "accessTokenId", t.consumed_at is not null as consumed from compat_refresh_tokens t`,
    ["t.refresh_token = $1", token],
  )
}

/** The token is neither used up nor expired, and its session goes on; the user may still be locked. */
export function isUsable(session: CompatSession, now = new Date()): boolean {
  return !session.finished && !session.consumed && (session.expiresAt === null || session.expiresAt >= now)
}

export function isActive(session: CompatSession): boolean {
  return isUsable(session) && isValid(session.user)
}

async function find(
  rows: Rows,
  token: string,
  [condition, value]: [string, string],
): Promise<CompatSession | undefined> {
  const session = `s.compat_session_id as "sessionId", s.device_id as "deviceId",
    s.is_synapse_admin as "isSynapseAdmin", s.finished_at is not null as finished`
  const user = `json_build_object('id', u.user_id, 'username', u.username, 'locked', u.locked_at is not null,
    'deactivated', u.deactivated_at is not null, 'mayRequestAdmin', u.can_request_admin) as user`
  const found = await rows.query<CompatSession>(
    `select ${session}, ${user}, ${token} join compat_sessions s using (compat_session_id)
     join users u using (user_id) where ${condition}`,
    [value],
  )
  return found.rows[0]
}
