import { newUuid } from "../ulid.ts"
import { newToken } from "./tokens.ts"
import { isValid, type Rows, type User } from "./users.ts"

/** An OAuth token with its session; a client's own session has no user. */
export interface OAuthToken {
  readonly tokenId: string
  readonly sessionId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revoked: boolean
  /** Only of an access token: asked about at least once. */
  readonly used: boolean
  /** Only of a refresh token: it has a successor. */
  readonly consumed: boolean
  readonly finished: boolean
  readonly user: User | null
  /** Only of a refresh token. */
  readonly accessTokenId: string | null
  readonly nextRefreshTokenId: string | null
}

export interface IssuedPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly refreshTokenId: string
}

const session = `s.oauth2_session_id as "sessionId", s.oauth2_client_id as "clientId", s.scope_list as scopes,
  s.finished_at is not null as finished, t.created_at as "createdAt", t.revoked_at is not null as revoked,
  case when u.user_id is null then null else json_build_object('id', u.user_id, 'username', u.username,
    'locked', u.locked_at is not null, 'deactivated', u.deactivated_at is not null,
    'mayRequestAdmin', u.can_request_admin) end as user`

const accessToken = `t.oauth2_access_token_id as "tokenId", t.expires_at as "expiresAt",
  t.first_used_at is not null as used, false as consumed, null::uuid as "accessTokenId", null::uuid as "nextRefreshTokenId"`

const refreshToken = `t.oauth2_refresh_token_id as "tokenId", null::timestamptz as "expiresAt",
  false as used, t.consumed_at is not null as consumed, t.oauth2_access_token_id as "accessTokenId",
  t.next_oauth2_refresh_token_id as "nextRefreshTokenId"`

/** By its text; whether it still counts, `isActiveToken` tells. */
export async function findOAuthToken(
  rows: Rows,
  kind: "access" | "refresh",
  token: string,
): Promise<OAuthToken | undefined> {
  const columns = kind === "access" ? accessToken : refreshToken
  const found = await rows.query<OAuthToken>(
    `select ${session}, ${columns} from oauth2_${kind}_tokens t join oauth2_sessions s using (oauth2_session_id)
     left join users u on u.user_id = s.user_id where t.${kind}_token = $1`,
    [token],
  )
  return found.rows[0]
}

export function isActiveToken(token: OAuthToken, now = new Date()): boolean {
  const lasts = token.expiresAt === null || token.expiresAt >= now
  return !token.finished && lasts && !token.revoked && !token.consumed && (token.user === null || isValid(token.user))
}

export async function markUsed(rows: Rows, token: OAuthToken): Promise<void> {
  if (token.used) return
  await rows.query("update oauth2_access_tokens set first_used_at = now() where oauth2_access_token_id = $1", [
    token.tokenId,
  ])
}

/** A session of the client's own, as `client_credentials` makes one. */
export async function openClientSession(
  rows: Rows,
  clientId: string,
  { scopes, userAgent }: { readonly scopes: readonly string[]; readonly userAgent: string | undefined },
): Promise<string> {
  const id = newUuid()
  await rows.query(
    `insert into oauth2_sessions (oauth2_session_id, oauth2_client_id, scope_list, user_agent, created_at)
     values ($1, $2, $3, $4, now())`,
    [id, clientId, scopes, userAgent ?? null],
  )
  return id
}

export async function addOAuthAccessToken(
  rows: Rows,
  sessionId: string,
  ttlSeconds: number,
): Promise<{ readonly id: string; readonly token: string }> {
  const issued = { id: newUuid(), token: newToken("access") }
  await rows.query(
    `insert into oauth2_access_tokens (oauth2_access_token_id, oauth2_session_id, access_token, created_at, expires_at)
     values ($1, $2, $3, now(), now() + make_interval(secs => $4))`,
    [issued.id, sessionId, issued.token, ttlSeconds],
  )
  return issued
}

export async function addTokenPair(rows: Rows, sessionId: string, ttlSeconds: number): Promise<IssuedPair> {
  const access = await addOAuthAccessToken(rows, sessionId, ttlSeconds)
  const refresh = { id: newUuid(), token: newToken("refresh") }
  await rows.query(
    `insert into oauth2_refresh_tokens
       (oauth2_refresh_token_id, oauth2_session_id, oauth2_access_token_id, refresh_token, created_at)
     values ($1, $2, $3, $4, now())`,
    [refresh.id, sessionId, access.id, refresh.token],
  )
  return { accessToken: access.token, refreshToken: refresh.token, refreshTokenId: refresh.id }
}

/** The old pair gives way to the new: the refresh token is used up, its access token revoked. */
export async function replacePair(rows: Rows, old: OAuthToken, next: IssuedPair): Promise<void> {
  await rows.query(
    `update oauth2_refresh_tokens set consumed_at = now(), next_oauth2_refresh_token_id = $2
     where oauth2_refresh_token_id = $1`,
    [old.tokenId, next.refreshTokenId],
  )
  await revokeAccessToken(rows, old.accessTokenId)
}

/**
 * A client that lost the answer to its refresh asks again with the token it has: the pair it never got is revoked.
 * False when that pair was used, or is gone: then the token is not to be taken.
 */
export async function withdrawUnusedNext(rows: Rows, token: OAuthToken): Promise<boolean> {
  const found = await rows.query<{ id: string; accessTokenId: string | null; seen: boolean }>(
    `select r.oauth2_refresh_token_id as id, r.oauth2_access_token_id as "accessTokenId",
       r.consumed_at is not null or r.revoked_at is not null or a.first_used_at is not null as seen
     from oauth2_refresh_tokens r left join oauth2_access_tokens a using (oauth2_access_token_id)
     where r.oauth2_refresh_token_id = $1`,
    [token.nextRefreshTokenId],
  )
  const next = found.rows[0]
  if (!next || next.seen) return false
  await revokeAccessToken(rows, next.accessTokenId)
  await rows.query("update oauth2_refresh_tokens set revoked_at = now() where oauth2_refresh_token_id = $1", [next.id])
  return true
}

export async function finishOAuthSession(rows: Rows, sessionId: string): Promise<void> {
  await rows.query("update oauth2_sessions set finished_at = now() where oauth2_session_id = $1", [sessionId])
}

async function revokeAccessToken(rows: Rows, id: string | null): Promise<void> {
  await rows.query(
    "update oauth2_access_tokens set revoked_at = now() where oauth2_access_token_id = $1 and revoked_at is null",
    [id],
  )
}
