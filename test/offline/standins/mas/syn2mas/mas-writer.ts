import type { Client } from "pg"
import { databaseCauses } from "../database.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { awayName, type FilledTable, filledTables, isUnderWay } from "./mas-tables.ts"
import { type PausedStructure, pauseStructure, readPausedStructure, restoreStructure } from "./paused-structure.ts"

const rowsAtOnce = 4096

type Value = string | number | boolean | Date | null

/** Columns that syn2mas writes, with their types; a row is its values in this order. */
const columns = {
  users: {
    user_id: "uuid",
    username: "text",
    created_at: "timestamptz",
    locked_at: "timestamptz",
    deactivated_at: "timestamptz",
    can_request_admin: "boolean",
    is_guest: "boolean",
  },
  user_passwords: {
    user_password_id: "uuid",
    user_id: "uuid",
    hashed_password: "text",
    created_at: "timestamptz",
    version: "integer",
  },
  user_emails: { user_email_id: "uuid", user_id: "uuid", email: "text", created_at: "timestamptz" },
  user_unsupported_third_party_ids: { user_id: "uuid", medium: "text", address: "text", created_at: "timestamptz" },
  upstream_oauth_links: {
    upstream_oauth_link_id: "uuid",
    user_id: "uuid",
    upstream_oauth_provider_id: "uuid",
    subject: "text",
    created_at: "timestamptz",
  },
  compat_sessions: {
    compat_session_id: "uuid",
    user_id: "uuid",
    device_id: "text",
    human_name: "text",
    created_at: "timestamptz",
    is_synapse_admin: "boolean",
    last_active_at: "timestamptz",
    last_active_ip: "inet",
    user_agent: "text",
  },
  compat_access_tokens: {
    compat_access_token_id: "uuid",
    compat_session_id: "uuid",
    access_token: "text",
    created_at: "timestamptz",
    expires_at: "timestamptz",
  },
  compat_refresh_tokens: {
    compat_refresh_token_id: "uuid",
    compat_session_id: "uuid",
    compat_access_token_id: "uuid",
    refresh_token: "text",
    created_at: "timestamptz",
  },
} as const satisfies Record<FilledTable, Record<string, string>>

export type NewRow<Table extends FilledTable> = Readonly<Record<keyof (typeof columns)[Table], Value>>

export interface WriterConnections {
  /** Holds syn2mas's lock. */
  readonly main: Client
  /** Each loads in a transaction of its own, committed only when every row is there. */
  readonly loaders: readonly Client[]
}

/** Loads rows into MAS's tables, which meanwhile go by other names and have no constraints. */
export class MasWriter {
  readonly #connections: WriterConnections
  readonly #paused: PausedStructure
  readonly #buffers = new Map<FilledTable, Record<string, Value>[]>()
  /** What each loader is at: a reader need not wait for a writer until all of them are busy. */
  readonly #loading: Promise<unknown>[] = []
  #turn = 0

  private constructor(connections: WriterConnections, paused: PausedStructure) {
    this.#connections = connections
    this.#paused = paused
  }

  /** From here on MAS's tables are away under their other names, whatever happens next. */
  static async open(connections: WriterConnections): Promise<MasWriter> {
    const { main, loaders } = connections
    await main.query("begin")
    const paused = (await isUnderWay(main)) ? await startOver(main) : await startNew(main)
    await main.query("commit")
    for (const loader of loaders) await loader.query("begin")
    return new MasWriter(connections, paused)
  }

  async write<Table extends FilledTable>(table: Table, row: NewRow<Table>): Promise<void> {
    const buffer = this.#buffers.get(table) ?? []
    this.#buffers.set(table, buffer)
    buffer.push(row)
    if (buffer.length >= rowsAtOnce) await this.#insert(table)
  }

  /** Every row written so far is in its table. */
  async flush(): Promise<void> {
    for (const table of this.#buffers.keys()) await this.#insert(table)
    await Promise.all(this.#loading)
  }

  /** Commits the rows, then rebuilds everything in one transaction; of a dry run only the rebuilding is kept. */
  async finish(dryRun: boolean): Promise<void> {
    const { main, loaders } = this.#connections
    await this.flush()
    for (const loader of loaders) await loader.query("commit")
    try {
      await main.query("begin")
      await restoreStructure(main, this.#paused)
      if (dryRun) await dropImported(main)
      await main.query("commit")
    } catch (cause) {
      throw writing("failed to finalise MAS database", cause)
    }
  }

  async #insert(table: FilledTable): Promise<void> {
    const rows = this.#buffers.get(table) ?? []
    this.#buffers.delete(table)
    const turn = this.#turn++ % this.#connections.loaders.length
    await this.#loading[turn]
    const loading = load(this.#connections.loaders[turn], table, rows)
    loading.catch(() => undefined)
    this.#loading[turn] = loading
  }
}

async function load(
  loader: Client | undefined,
  table: FilledTable,
  rows: readonly Record<string, Value>[],
): Promise<void> {
  const shape: Readonly<Record<string, string>> = columns[table]
  const names = Object.keys(shape)
  const arrays = names.map((name, index) => `$${index + 1}::${shape[name]}[]`)
  const sql = `insert into ${awayName(table)} (${names.join(", ")}) select * from unnest(${arrays.join(", ")})`
  const values = names.map((name) => rows.map((row) => row[name]))
  try {
    await loader?.query(sql, values)
  } catch (cause) {
    throw writing(`writing ${table}`, cause)
  }
}

async function startNew(main: Client): Promise<PausedStructure> {
  log("INFO", "syn2mas::mas_writer:838", "Starting new syn2mas migration")
  return pauseStructure(main)
}

/** An earlier run was cut off: what it loaded goes, what it took off is known. */
async function startOver(main: Client): Promise<PausedStructure> {
  log("WARN", "syn2mas::mas_writer:815", "Partial syn2mas migration has already been done; resetting.")
  for (const table of filledTables) await main.query(`truncate ${awayName(table)}`)
  return readPausedStructure(main)
}

/** The cascade takes whatever hangs on users: browser sessions, OAuth sessions, their tokens. */
async function dropImported(main: Client): Promise<void> {
  log("WARN", "syn2mas::mas_writer:1016", "Migration ran in dry-run mode, deleting all imported data")
  await main.query(`truncate ${filledTables.join(", ")} cascade`)
}

function writing(context: string, cause: unknown): Failure {
  const causes = databaseCauses(cause)
  return new Failure(`error when writing to MAS DB (${context}): database error whilst writing`, causes)
}
