import type { Database } from "../host/database.ts"
import { ulidOfUuid, uuidOfUlid } from "./ulid.ts"

/** A client as MAS's database has it, in the words of MAS's config. */
export interface ClientRow {
  readonly client_name: string | null
  readonly client_auth_method: string
  readonly client_uri: string | null
  readonly redirect_uris: readonly string[]
  readonly jwks_uri: string | null
}

/** The row of a client; `undefined` where MAS knows none. Secrets are encrypted anew at each sync and not compared. */
export async function readClientRow(database: Database, clientId: string): Promise<ClientRow | undefined> {
  const rows = await database.rows<ClientRow>(
    `SELECT client_name, token_endpoint_auth_method AS client_auth_method, client_uri, redirect_uris, jwks_uri
     FROM oauth2_clients WHERE oauth2_client_id = $1 AND is_static`,
    [uuidOfUlid(clientId)],
  )
  return rows[0]
}

/** The ids of all static clients in MAS's database. */
export async function readStaticClientIds(database: Database): Promise<readonly string[]> {
  const rows = await database.rows<{ id: string }>("SELECT oauth2_client_id AS id FROM oauth2_clients WHERE is_static")
  return rows.map(({ id }) => ulidOfUuid(id))
}
