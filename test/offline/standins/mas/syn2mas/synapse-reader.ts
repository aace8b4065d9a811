import type { Client } from "pg"
import { databaseCauses } from "../database.ts"
import { Failure } from "../failure.ts"

const lockedTables = ["users", "user_threepids", "user_external_ids", "devices", "access_tokens", "refresh_tokens"]
const rowsAtOnce = 5000

/** Names of the columns as Synapse has them; `bigint` comes as text. */
export interface SynapseRows {
  users: {
    name: string
    password_hash: string | null
    admin: number
    deactivated: number
    locked: boolean
    /** Seconds. */
    creation_ts: string | null
    is_guest: number
    appservice_id: string | null
  }
  threepids: { user_id: string; medium: string; address: string; added_at: string }
  externalIds: { user_id: string; auth_provider: string; external_id: string }
  accessTokens: {
    user_id: string
    device_id: string | null
    token: string
    valid_until_ms: string | null
    last_validated: string | null
  }
  tokenPairs: {
    user_id: string
    device_id: string
    access_token: string
    refresh_token: string
    valid_until_ms: string | null
    last_validated: string | null
  }
  devices: {
    user_id: string
    device_id: string
    display_name: string | null
    last_seen: string | null
    ip: string | null
    user_agent: string | null
  }
}

/**
 * What is taken. A token whose device row is gone stays behind without a word, as does one that puppets a user; a
 * refreshable pair stays behind once its successor was used. Tokens of hidden devices do come, hidden devices do not.
 */
const statements: Readonly<Record<keyof SynapseRows, string>> = {
  users: `select name, password_hash, admin, deactivated, locked, creation_ts, is_guest, appservice_id from users`,
  threepids: `select user_id, medium, address, added_at from user_threepids`,
  externalIds: `select user_id, auth_provider, external_id from user_external_ids`,
  accessTokens: `
    select user_id, device_id, token, valid_until_ms, last_validated from access_tokens held
    where puppets_user_id is null and refresh_token_id is null
      and (device_id is null
        or exists (select from devices d where d.user_id = held.user_id and d.device_id = held.device_id))`,
  tokenPairs: `
    select r.user_id, r.device_id, a.token as access_token, r.token as refresh_token, a.valid_until_ms, a.last_validated
    from refresh_tokens r
    join devices d on d.user_id = r.user_id and d.device_id = r.device_id
    join access_tokens a on a.refresh_token_id = r.id and a.user_id = r.user_id and a.device_id = r.device_id
    left join access_tokens successor on successor.refresh_token_id = r.next_token_id
    where successor.used is not true`,
  devices: `
    select user_id, device_id, display_name, last_seen, ip, user_agent from devices
    where not hidden and device_id <> 'guest_device'`,
}

/** Synapse's tables, read in one transaction that locks them. */
export class SynapseReader {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  /**
   * Locks at once or not at all: EXCLUSIVE for real, so that nothing is written meanwhile, ACCESS SHARE for a dry run
   * beside a running Synapse. @throws Failure `database error whilst locking Synapse table …`.
   */
  static async open(client: Client, dryRun: boolean): Promise<SynapseReader> {
    const reader = new SynapseReader(client)
    await reader.#run("begin", "begin transaction")
    await reader.#run("set transaction isolation level serializable read only deferrable", "set transaction")
    for (const table of lockedTables) {
      const mode = dryRun ? "access share" : "exclusive"
      await reader.#run(`lock table ${table} in ${mode} mode nowait`, `locking Synapse table \`${table}\``)
    }
    return reader
  }

  /** Some thousand rows at a time. */
  async *read<Kind extends keyof SynapseRows>(kind: Kind): AsyncGenerator<readonly SynapseRows[Kind][]> {
    await this.#run(`declare migrated no scroll cursor for ${statements[kind]}`, `reading Synapse ${kind}`)
    for (;;) {
      const rows = await this.#run(`fetch ${rowsAtOnce} from migrated`, `reading Synapse ${kind}`)
      if (rows.length === 0) break
      if (kind === "users") demandDecodable(rows as readonly SynapseRows["users"][])
      yield rows as readonly SynapseRows[Kind][]
    }
    await this.#run("close migrated", `reading Synapse ${kind}`)
  }

  async finish(): Promise<void> {
    await this.#run("commit", "end transaction")
  }

  async #run(sql: string, doing: string): Promise<readonly object[]> {
    try {
      return (await this.#client.query(sql)).rows
    } catch (cause) {
      throw new Failure(`database error whilst ${doing}`, databaseCauses(cause))
    }
  }
}

/** Columns that Synapse's schema leaves open, and MAS reads as if they were not. */
function demandDecodable(users: readonly SynapseRows["users"][]): void {
  for (const column of ["name", "creation_ts"] as const) {
    if (users.every((row) => row[column] !== null)) continue
    const reason = "unexpected null; try decoding as an `Option`"
    const doing = "database error whilst reading Synapse users"
    const decoding = `error occurred while decoding column "${column}": ${reason}`
    throw new Failure(`error when reading synapse DB (reading users): ${doing}`, [doing, decoding, reason])
  }
}
