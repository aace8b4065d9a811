import type { JsonValue } from "../documents/json-value.ts"
import type { Database } from "../host/database.ts"
import { ulidOfUuid, uuidOfUlid } from "./ulid.ts"

/** A client as MAS's database has it, in the words of MAS's config. */
export interface ClientRow {
  readonly client_name: string | null
  readonly client_auth_method: string
  readonly client_uri: string | null
  readonly redirect_uris: readonly string[]
  readonly jwks_uri: string | null
  /** Keys that it may prove itself with; the stack declares none. */
  readonly jwks: JsonValue
  /** What it may ask tokens with; a static client may all of these (MAS 1.22, `config sync`). */
  readonly grants: readonly string[]
}

/** What `config sync` allows every static client. */
export const staticGrants: readonly string[] = [
  "authorization_code",
  "client_credentials",
  "device_code",
  "refresh_token",
]

/** The row of a client; `undefined` where MAS knows none. Secrets are encrypted anew at each sync and not compared. */
export async function readClientRow(database: Database, clientId: string): Promise<ClientRow | undefined> {
  const grants = staticGrants.map((grant) => `CASE WHEN grant_type_${grant} THEN '${grant}' END`).join(", ")
  const rows = await database.rows<ClientRow>(
    `SELECT client_name, token_endpoint_auth_method AS client_auth_method, client_uri, redirect_uris, jwks_uri, jwks,
       array_remove(ARRAY[${grants}], NULL) AS grants
     FROM oauth2_clients WHERE oauth2_client_id = $1 AND is_static`,
    [uuidOfUlid(clientId)],
  )
  return rows[0]
}

/** A static client in MAS's database. */
export interface StaticClient {
  readonly id: string
  readonly name: string | null
  /** How many sessions hang on it: they go when it is pruned. */
  readonly sessions: number
}

export async function readStaticClients(database: Database): Promise<readonly StaticClient[]> {
  const rows = await database.rows<StaticClient>(
    `SELECT oauth2_client_id AS id, client_name AS name,
       (SELECT count(*)::int FROM oauth2_sessions s WHERE s.oauth2_client_id = c.oauth2_client_id) AS sessions
     FROM oauth2_clients c WHERE is_static ORDER BY 1`,
  )
  return rows.map(({ id, ...rest }) => ({ id: ulidOfUuid(id), ...rest }))
}

/** The ids of all static clients in MAS's database. */
export async function readStaticClientIds(database: Database): Promise<readonly string[]> {
  return (await readStaticClients(database)).map(({ id }) => id)
}
