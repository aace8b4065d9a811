import { isIP } from "node:net"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { newUuid, uuidTime } from "../ulid.ts"
import { migratedPasswordVersion } from "./checks.ts"
import { localpartOf } from "./localpart.ts"
import type { MasWriter } from "./mas-writer.ts"
import type { SynapseReader, SynapseRows } from "./synapse-reader.ts"

export interface MigrationParts {
  readonly synapse: SynapseReader
  readonly mas: MasWriter
  readonly serverName: string
  /** Uuid of MAS's provider by the name Synapse's rows have for it. */
  readonly providers: ReadonlyMap<string, string>
  /** Whether rows of a provider without counterpart are skipped rather than fatal. */
  readonly ignoreMissing: boolean
}

interface MigratedUser {
  /** `undefined` for an application service's user, who does not come along. */
  readonly id: string | undefined
  readonly isAdmin: boolean
  /** Deactivated people and guests come without sessions. */
  readonly hasSessions: boolean
}

type Outcome = "migrated" | "skipped" | "ignored"

/** Everything after the users, in the order that gives sessions the time of their oldest token. */
export async function migrateRows(parts: MigrationParts): Promise<void> {
  await new Migration(parts).run()
}

class Migration {
  readonly #parts: MigrationParts
  readonly #users = new Map<string, MigratedUser>()
  readonly #sessions = new Map<string, string>()
  readonly #now = Date.now()

  constructor(parts: MigrationParts) {
    this.#parts = parts
  }

  async run(): Promise<void> {
    await this.#stage("users", ["users", 330], (row) => this.#user(row))
    await this.#stage("threepids", ["third-party IDs", 446], (row) => this.#threepid(row))
    await this.#stage("externalIds", ["upstream links (external IDs)", 557], (row) => this.#externalId(row))
    await this.#stage("accessTokens", ["non-refreshable access tokens", 857], (row) => this.#accessToken(row))
    await this.#stage("tokenPairs", ["refreshable token pairs", 1001], (row) => this.#tokenPair(row))
    await this.#stage("devices", ["devices", 705], (row) => this.#device(row))
  }

  async #stage<Kind extends keyof SynapseRows>(
    kind: Kind,
    [what, line]: readonly [what: string, line: number],
    migrate: (row: SynapseRows[Kind]) => Promise<Outcome>,
  ): Promise<void> {
    const begun = performance.now()
    const counts = { migrated: 0, skipped: 0, ignored: 0 }
    for await (const rows of this.#parts.synapse.read(kind)) {
      for (const row of rows) counts[await migrate(row)]++
    }
    await this.#parts.mas.flush()
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    const said = `${counts.migrated} ${what} migrated (${counts.skipped} skipped) in ${seconds}s`
    log("INFO", `syn2mas::migration:${line}`, said)
  }

  async #user(row: SynapseRows["users"]): Promise<Outcome> {
    const isService = row.appservice_id !== null
    if (isService && row.name.replace(`:${this.#parts.serverName}`, "").includes(":")) {
      log("WARN", "syn2mas::migration:246", `AS user ${row.name} has invalid localpart, ignoring!`)
      return "ignored"
    }
    const username = localpartOf(row.name, this.#parts.serverName)
    const milliseconds = Number(row.creation_ts) * 1000
    const id = isService ? undefined : newUuid(milliseconds)
    const hasSessions = row.deactivated === 0 && row.is_guest === 0
    this.#users.set(username, { id, isAdmin: row.admin !== 0, hasSessions })
    if (id === undefined) return "skipped"
    const created = new Date(milliseconds)
    await this.#parts.mas.write("users", {
      user_id: id,
      username,
      created_at: created,
      locked_at: row.locked ? created : null,
      deactivated_at: row.deactivated === 0 ? null : created,
      can_request_admin: row.admin !== 0,
      is_guest: row.is_guest !== 0,
    })
    if (row.password_hash !== null) await this.#password(id, row.password_hash, created)
    return "migrated"
  }

  async #password(userId: string, hash: string, created: Date): Promise<void> {
    await this.#parts.mas.write("user_passwords", {
      user_password_id: newUuid(created.getTime()),
      user_id: userId,
      hashed_password: hash,
      created_at: created,
      version: migratedPasswordVersion,
    })
  }

  async #threepid({ user_id, medium, address, added_at }: SynapseRows["threepids"]): Promise<Outcome> {
    const { id } = this.#owner(user_id, "user_threepids")
    if (id === undefined) return "skipped"
    const created = new Date(Number(added_at))
    if (medium === "email") {
      const emailId = newUuid(created.getTime())
      await this.#parts.mas.write("user_emails", {
        user_email_id: emailId,
        user_id: id,
        email: address,
        created_at: created,
      })
    } else {
      const row = { user_id: id, medium, address, created_at: created }
      await this.#parts.mas.write("user_unsupported_third_party_ids", row)
    }
    return "migrated"
  }

  async #externalId({ user_id, auth_provider, external_id }: SynapseRows["externalIds"]): Promise<Outcome> {
    const { id } = this.#owner(user_id, "user_external_ids")
    if (id === undefined) return "skipped"
    const provider = this.#parts.providers.get(auth_provider)
    if (provider === undefined) {
      if (this.#parts.ignoreMissing) return "skipped"
      const named = `${JSON.stringify(auth_provider)} (used by ${user_id} and maybe other users)`
      throw new Failure(`missing a mapping for the auth provider with ID ${named}`)
    }
    const created = uuidTime(id)
    await this.#parts.mas.write("upstream_oauth_links", {
      upstream_oauth_link_id: newUuid(created),
      user_id: id,
      upstream_oauth_provider_id: provider,
      subject: external_id,
      created_at: new Date(created),
    })
    return "migrated"
  }

  async #accessToken(row: SynapseRows["accessTokens"]): Promise<Outcome> {
    const { id, hasSessions } = this.#owner(row.user_id, "access_tokens")
    if (id === undefined || !hasSessions) return "skipped"
    const created = this.#since(row.last_validated)
    const sessionId =
      row.device_id === null ? await this.#devicelessSession(id, created) : this.#session(id, row.device_id, created)
    await this.#writeToken({ ...row, sessionId, created, access_token: row.token })
    return "migrated"
  }

  async #tokenPair(row: SynapseRows["tokenPairs"]): Promise<Outcome> {
    const { id, hasSessions } = this.#owner(row.user_id, "refresh_tokens")
    if (id === undefined || !hasSessions) return "skipped"
    const created = this.#since(row.last_validated)
    const sessionId = this.#session(id, row.device_id, created)
    const tokenId = await this.#writeToken({ ...row, sessionId, created })
    await this.#parts.mas.write("compat_refresh_tokens", {
      compat_refresh_token_id: newUuid(created),
      compat_session_id: sessionId,
      compat_access_token_id: tokenId,
      refresh_token: row.refresh_token,
      created_at: new Date(created),
    })
    return "migrated"
  }

  async #device(row: SynapseRows["devices"]): Promise<Outcome> {
    const { id, hasSessions, isAdmin } = this.#owner(row.user_id, "devices")
    if (id === undefined) return "skipped"
    if (!hasSessions) return "ignored"
    const sessionId = this.#session(id, row.device_id, Date.now())
    await this.#parts.mas.write("compat_sessions", {
      compat_session_id: sessionId,
      user_id: id,
      device_id: row.device_id,
      human_name: row.display_name,
      created_at: new Date(uuidTime(sessionId)),
      is_synapse_admin: isAdmin,
      last_active_at: row.last_seen === null ? null : new Date(Number(row.last_seen)),
      last_active_ip: addressOf(row),
      user_agent: row.user_agent,
    })
    return "migrated"
  }

  /** @throws Failure for a row whose user is of another server or was never seen: an orphan. */
  #owner(userId: string, table: string): MigratedUser {
    const user = this.#users.get(localpartOf(userId, this.#parts.serverName))
    if (user) return user
    throw new Failure(`user ${userId} was not found for migration but a row in ${table} was found for them`)
  }

  /** One session a device: whoever comes first (a token, usually) gives it its time. */
  #session(userId: string, deviceId: string, created: number): string {
    const key = `${userId} ${deviceId}`
    const known = this.#sessions.get(key) ?? newUuid(created)
    this.#sessions.set(key, known)
    return known
  }

  async #devicelessSession(userId: string, created: number): Promise<string> {
    const id = newUuid(created)
    const nothing = { device_id: null, human_name: null, last_active_at: null, last_active_ip: null, user_agent: null }
    const session = { compat_session_id: id, user_id: userId, created_at: new Date(created), is_synapse_admin: false }
    await this.#parts.mas.write("compat_sessions", { ...session, ...nothing })
    return id
  }

  async #writeToken(token: NewToken): Promise<string> {
    const id = newUuid(token.created)
    await this.#parts.mas.write("compat_access_tokens", {
      compat_access_token_id: id,
      compat_session_id: token.sessionId,
      access_token: token.access_token,
      created_at: new Date(token.created),
      expires_at: token.valid_until_ms === null ? null : new Date(Number(token.valid_until_ms)),
    })
    return id
  }

  #since(lastValidated: string | null): number {
    return lastValidated === null ? this.#now : Number(lastValidated)
  }
}

interface NewToken {
  readonly sessionId: string
  readonly access_token: string
  readonly created: number
  readonly valid_until_ms: string | null
}

/** Synapse writes `-` where it knows none; anything else that is no address is left out with a warning. */
function addressOf({ ip, user_id, device_id }: SynapseRows["devices"]): string | null {
  if (ip === null || ip === "-") return null
  if (isIP(ip)) return ip
  const fields = { error: "invalid IP address syntax", mxid: user_id, device_id, ip }
  log("WARN", "syn2mas::migration:650", "Failed to parse device IP, ignoring", fields)
  return null
}
