import type { Client } from "pg"
import type { ClientConfig } from "../config/clients.ts"
import { trimmedSecret } from "../config/secret.ts"
import { encryptSecret } from "../encryption.ts"
import { log } from "../logs.ts"
import type { SyncRun } from "../sync.ts"
import { ulidToUuid, uuidToUlid } from "../ulid.ts"

/** Static clients: those of the file are written one after the other, so of two with one id the later one stays. */
export async function syncClients(clients: readonly ClientConfig[], run: SyncRun): Promise<void> {
  const found = await run.client.query<{ id: string }>(
    "select oauth2_client_id as id from oauth2_clients where is_static order by oauth2_client_id",
  )
  const existing = new Set(found.rows.map(({ id }) => uuidToUlid(id)))
  const wanted = new Set(clients.map(({ clientId }) => clientId))
  await dealWithStrays(
    [...existing].filter((id) => !wanted.has(id)),
    run,
  )
  for (const client of clients) {
    const isKnown = existing.has(client.clientId)
    const [target, verb] = isKnown ? ["mas_cli::sync:408", "Updating"] : ["mas_cli::sync:410", "Adding"]
    log("INFO", target, `${verb} client`, { "client.id": client.clientId })
    if (!run.dryRun) await upsert(client, run)
  }
}

async function dealWithStrays(strays: readonly string[], run: SyncRun): Promise<void> {
  if (run.prune) {
    for (const id of strays) {
      log("INFO", "mas_cli::sync:384", "Deleting client", { "client.id": id })
      if (!run.dryRun) await deleteClient(run.client, ulidToUuid(id))
    }
  } else if (strays.length === 1) {
    const said = "A static client in the database is not in the config. Run with `--prune` to delete it."
    log("WARN", "mas_cli::sync:396", said)
  } else if (strays.length > 1) {
    const said = "static clients in the database are not in the config. Run with `--prune` to delete them."
    log("WARN", "mas_cli::sync:399", `${strays.length} ${said}`)
  }
}

async function upsert(config: ClientConfig, { client, key }: SyncRun): Promise<void> {
  const secret = config.secret && encryptSecret(key, await trimmedSecret(config.secret))
  const jwks = config.jwks === undefined ? null : JSON.stringify(config.jwks)
  const grants =
    "grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code"
  await client.query(
    `insert into oauth2_clients (oauth2_client_id, encrypted_client_secret, redirect_uris, token_endpoint_auth_method,
       jwks, client_name, client_uri, jwks_uri, ${grants}, is_static)
     values ($1, $2, $3, $4, $5, $6, $7, $8, true, true, true, true, true)
     on conflict (oauth2_client_id) do update set
       encrypted_client_secret = excluded.encrypted_client_secret, redirect_uris = excluded.redirect_uris,
       token_endpoint_auth_method = excluded.token_endpoint_auth_method, jwks = excluded.jwks,
       client_name = excluded.client_name, client_uri = excluded.client_uri, jwks_uri = excluded.jwks_uri,
       grant_type_authorization_code = true, grant_type_refresh_token = true, grant_type_client_credentials = true,
       grant_type_device_code = true, is_static = true`,
    [
      ulidToUuid(config.clientId),
      secret ?? null,
      config.redirectUris,
      config.authMethod,
      jwks,
      config.name ?? null,
      config.uri ?? null,
      config.jwksUri ?? null,
    ],
  )
}

/** What hangs on a client goes first: people who came in by it are logged out. */
async function deleteClient(client: Client, id: string): Promise<void> {
  const sessions = "select oauth2_session_id from oauth2_sessions where oauth2_client_id = $1"
  const personal = "select personal_session_id from personal_sessions where owner_oauth2_client_id = $1"
  const statements = [
    "delete from oauth2_authorization_grants where oauth2_client_id = $1",
    "delete from oauth2_device_code_grant where oauth2_client_id = $1",
    `delete from oauth2_refresh_tokens where oauth2_session_id in (${sessions})`,
    `delete from oauth2_access_tokens where oauth2_session_id in (${sessions})`,
    "delete from oauth2_sessions where oauth2_client_id = $1",
    `delete from personal_access_tokens where personal_session_id in (${personal})`,
    "delete from personal_sessions where owner_oauth2_client_id = $1",
    "delete from oauth2_clients where oauth2_client_id = $1",
  ]
  for (const statement of statements) await client.query(statement, [id])
}
