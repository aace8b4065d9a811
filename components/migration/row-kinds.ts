import type { PreFlightKind } from "./finding.ts"

/** What the look at Synapse's rows has to know from elsewhere. */
export interface Known {
  /** Synapse's `server_name`. */
  readonly serverName: string
  /** `auth_provider` of the rows that homeserver.yaml's OIDC providers make. */
  readonly synapseProviders: readonly string[]
  /** `synapse_idp_id` of the providers in MAS's config. */
  readonly masProviders: readonly string[]
  /** Whether this Synapse deletes dehydrated devices when MAS tells it of a user's devices. */
  readonly losesDehydratedDevices: boolean
}

/** A kind that is found by a query in Synapse's database. */
export interface RowKind extends PreFlightKind {
  /** Selects one text column `which`. */
  readonly sql: string
  /** What `$1`, `$2`, … stand for. */
  readonly parameters?: readonly (keyof Known)[]
  /** Whether there is anything to look for. Default: always. */
  readonly applies?: (known: Known) => boolean
}

/** Accounts that syn2mas takes over with their sessions. */
export const stays = "u.appservice_id IS NULL AND u.deactivated = 0 AND u.is_guest = 0"

/** Of an account. */
export const localpart = "split_part(substr(u.name, 2), ':', 1)"

/** Rows of `devices d` that syn2mas reads; `hidden` may be null, and then it does not (syn2mas 1.22.0). */
export const isReadDevice = "d.hidden IS FALSE AND d.device_id <> 'guest_device'"

/** Rows of `access_tokens t` that syn2mas reads: without refresh token, and of a device that is there, or of none. */
export const isReadToken = `t.puppets_user_id IS NULL AND t.refresh_token_id IS NULL AND (t.device_id IS NULL
  OR EXISTS (SELECT FROM devices d WHERE d.user_id = t.user_id AND d.device_id = t.device_id))`

/** Refresh tokens `t` with their access tokens `a`, as syn2mas reads them; to be gone on with `WHERE` or `AND`. */
export const readPairs = `refresh_tokens t
  JOIN devices d ON d.user_id = t.user_id AND d.device_id = t.device_id
  JOIN access_tokens a ON a.refresh_token_id = t.id AND a.user_id = t.user_id AND a.device_id = t.device_id
  LEFT JOIN access_tokens next ON next.refresh_token_id = t.next_token_id
  WHERE next.used IS NOT TRUE`
