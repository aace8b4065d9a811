import type { Client } from "pg"
import type { ProviderConfig } from "../config/providers.ts"
import { trimmedSecret } from "../config/secret.ts"
import { encryptSecret } from "../encryption.ts"
import { log } from "../logs.ts"
import type { SyncRun } from "../sync.ts"
import { ulidToUuid, uuidToUlid } from "../ulid.ts"

const pkceModes = { auto: "auto", always: "s256", never: "disabled" } as const

interface KnownProviders {
  readonly enabled: ReadonlySet<string>
  readonly disabled: ReadonlySet<string>
}

/** A provider that the file lacks, or has disabled, is only marked so; `--prune` deletes it with its links. */
export async function syncProviders(providers: readonly ProviderConfig[], run: SyncRun): Promise<void> {
  const wanted = new Set(providers.filter(({ enabled }) => enabled).map(({ id }) => id))
  const known = await disableStrays(wanted, run)
  await dealWithDisabled([...known.disabled], run)
  for (const [order, provider] of providers.entries()) {
    if (!provider.enabled) continue
    log("INFO", ...intent(provider.id, known), { "provider.id": provider.id })
    if (!run.dryRun) await upsert(provider, order, run)
  }
}

function intent(id: string, { enabled, disabled }: KnownProviders): [target: string, message: string] {
  if (enabled.has(id)) return ["mas_cli::sync:201", "Updating provider"]
  if (disabled.has(id)) return ["mas_cli::sync:203", "Enabling and updating provider"]
  return ["mas_cli::sync:205", "Adding provider"]
}

async function disableStrays(wanted: ReadonlySet<string>, { client, dryRun }: SyncRun): Promise<KnownProviders> {
  const found = await client.query<{ id: string; disabled: boolean }>(
    `select upstream_oauth_provider_id as id, disabled_at is not null as disabled from upstream_oauth_providers
     order by upstream_oauth_provider_id`,
  )
  const enabled = new Set<string>()
  const disabledIds = new Set<string>()
  for (const { id, disabled } of found.rows) {
    const ulid = uuidToUlid(id)
    if (!disabled && wanted.has(ulid)) {
      enabled.add(ulid)
      continue
    }
    disabledIds.add(ulid)
    if (disabled) continue
    log("INFO", "mas_cli::sync:149", "Disabling provider", { "provider.id": ulid })
    const statement = "update upstream_oauth_providers set disabled_at = now() where upstream_oauth_provider_id = $1"
    if (!dryRun) await client.query(statement, [id])
  }
  return { enabled, disabled: disabledIds }
}

async function dealWithDisabled(disabled: readonly string[], run: SyncRun): Promise<void> {
  if (run.prune) {
    for (const id of disabled) {
      log("INFO", "mas_cli::sync:168", "Deleting provider", { "provider.id": id })
      if (!run.dryRun) await deleteProvider(run.client, ulidToUuid(id))
    }
  } else if (disabled.length === 1) {
    const said = "A provider is soft-deleted in the database. Run `mas-cli config sync --prune` to delete it."
    log("WARN", "mas_cli::sync:182", said)
  } else if (disabled.length > 1) {
    const said = "providers are soft-deleted in the database. Run `mas-cli config sync --prune` to delete them."
    log("WARN", "mas_cli::sync:185", `${disabled.length} ${said}`)
  }
}

async function deleteProvider(client: Client, id: string): Promise<void> {
  for (const table of ["upstream_oauth_authorization_sessions", "upstream_oauth_links", "upstream_oauth_providers"]) {
    await client.query(`delete from ${table} where upstream_oauth_provider_id = $1`, [id])
  }
}

async function upsert(provider: ProviderConfig, order: number, { client, key }: SyncRun): Promise<void> {
  const secret = provider.clientSecret && encryptSecret(key, await trimmedSecret(provider.clientSecret))
  const row = providerRow(provider, order, secret)
  const columns = Object.keys(row)
  const kept = ["upstream_oauth_provider_id"]
  const updates = columns.filter((name) => !kept.includes(name)).map((name) => `${name} = excluded.${name}`)
  await client.query(
    `insert into upstream_oauth_providers (${columns.join(", ")}, created_at)
     values (${columns.map((_, index) => `$${index + 1}`).join(", ")}, now())
     on conflict (upstream_oauth_provider_id) do update set ${updates.join(", ")}, disabled_at = null`,
    Object.values(row),
  )
}

function providerRow(provider: ProviderConfig, order: number, secret: string | undefined): Record<string, unknown> {
  return {
    upstream_oauth_provider_id: ulidToUuid(provider.id),
    issuer: provider.issuer ?? null,
    human_name: provider.humanName ?? null,
    brand_name: provider.brandName ?? null,
    scope: provider.scope,
    client_id: provider.clientId,
    encrypted_client_secret: secret ?? null,
    token_endpoint_auth_method: provider.authMethod,
    token_endpoint_signing_alg: provider.signingAlg ?? null,
    id_token_signed_response_alg: provider.idTokenAlg,
    fetch_userinfo: provider.fetchUserinfo,
    userinfo_signed_response_alg: provider.userinfoAlg ?? null,
    claims_imports: JSON.stringify(provider.claimsImports),
    authorization_endpoint_override: provider.authorizationEndpoint ?? null,
    token_endpoint_override: provider.tokenEndpoint ?? null,
    userinfo_endpoint_override: provider.userinfoEndpoint ?? null,
    jwks_uri_override: provider.jwksUri ?? null,
    discovery_mode: provider.discoveryMode,
    pkce_mode: pkceModes[provider.pkceMethod],
    response_mode: provider.responseMode ?? null,
    additional_parameters: JSON.stringify(Object.entries(provider.additionalParameters)),
    forward_login_hint: provider.forwardLoginHint,
    ui_order: order,
    on_backchannel_logout: provider.onBackchannelLogout,
    registration_token_required: provider.registrationTokenRequired,
  }
}
