import { isDeepStrictEqual } from "node:util"
import { absent, type JsonValue } from "../documents/json-value.ts"
import { readKey } from "../files/managed-file.ts"
import { openDatabase } from "../host/database.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { commitClient } from "./client-registry.ts"
import { type ClientRow, readClientRow } from "./client-rows.ts"
import { type ClientDescription, clientEntry } from "./client-spec.ts"
import type { MasAddress } from "./mas-cli.ts"
import { type DatabasePlace, masDatabase } from "./mas-database.ts"
import { readMasVersion } from "./mas-version.ts"

export interface ClientInputs extends HostedInputs {
  /** A ULID in capitals: which entry of `clients`, and which row of MAS's database. */
  readonly clientId: string
  readonly client: ClientDescription
  /** Of a client that proves itself by one. */
  readonly secret?: string
  readonly mas: MasAddress
  readonly database?: DatabasePlace
  /** Filled in by `check`: its entry in MAS's config as it is to be, without the secret. */
  readonly entry?: Fields
  /** Filled in by `check`: what MAS's database is to know of it. */
  readonly registered?: string
}

type Fields = Readonly<Record<string, JsonValue>>

const isKnown = "as in the config"

/** An OAuth client of MAS: its entry in `clients` of MAS's config, and its row in MAS's database. */
export const lifecycle: Lifecycle<ClientInputs, Record<never, never>> = {
  outputs: [],
  identity: ["clientId"],
  async check(inputs, before, context) {
    const entry = await wantedEntry(inputs, context)
    const live = before === undefined ? await readLive(inputs, context) : undefined
    const plan = live === undefined ? [] : [adoption(live, entry)]
    return { inputs: { ...inputs, entry, registered: isKnown }, plan }
  },
  async read(state, context) {
    const live = await readLive(state, context)
    if (live.file === undefined && live.row === undefined) return undefined
    const { client_secret: secret, ...file } = live.file ?? {}
    const { secret: _, ...rest } = state
    return {
      ...rest,
      ...(typeof secret === "string" ? { secret } : {}),
      entry: live.row === undefined ? file : asDatabaseHasIt(file, live.row),
      registered: live.row === undefined ? "unknown to MAS's database" : isKnown,
    }
  },
  async converge(wanted, _, { host, say, ...context }) {
    const entry = await wantedEntry(wanted, { host, say, ...context })
    say(`client ${wanted.client.name} goes into MAS's config and database`)
    await commitClient(host, prunable(wanted), {
      clientId: wanted.clientId,
      entry: await fieldsOf(wanted, entry, host),
    })
    return {}
  },
  async remove(state, { host, say }) {
    say(`client ${state.client.name} goes out of MAS's config and database`)
    await commitClient(host, prunable(state), { clientId: state.clientId, entry: absent })
  },
}

async function wantedEntry({ client, mas }: ClientInputs, { host, say }: Context): Promise<Fields> {
  const { entry, notes } = clientEntry(client, await readMasVersion(host, mas), "")
  for (const note of notes) say(note)
  const { client_secret: _, ...fields } = entry
  return fields as Fields
}

interface Live {
  readonly file: Fields | undefined
  readonly row: ClientRow | undefined
}

async function readLive({ clientId, mas, database }: ClientInputs, { host }: Context): Promise<Live> {
  const file = { path: mas.config, dialect: "yaml12" } as const
  const entry = await readKey(host, file, pathOf(clientId))
  const section = await readKey(host, file, "database")
  await using session = await openDatabase(host, masDatabase((section ?? {}) as Fields, database))
  return { file: entry as Fields | undefined, row: await readClientRow(session, clientId) }
}

function pathOf(clientId: string): string {
  return `clients[client_id=${clientId}]`
}

/** What MAS goes by is its database: where a field differs there, that is what is live. */
function asDatabaseHasIt(file: Fields, row: ClientRow): Fields {
  const known = Object.entries(row).filter(([key, value]) => value !== null || key in file)
  const differing = known.filter(([key, value]) => !isDeepStrictEqual(normal(file[key]), normal(value)))
  return { ...file, ...(Object.fromEntries(differing) as Fields) }
}

/** MAS writes URIs as WHATWG URL does (seen with MAS 1.22.0): `http://127.0.0.1` becomes `http://127.0.0.1/`. */
function normal(value: JsonValue | undefined): unknown {
  if (Array.isArray(value)) return value.map(normal)
  return typeof value === "string" && URL.canParse(value) ? new URL(value).href : (value ?? null)
}

/** Every field that an entry may have: those that this one lacks are taken out. */
async function fieldsOf({ clientId, mas, secret }: ClientInputs, entry: Fields, host: Context["host"]) {
  const live = await readKey(host, { path: mas.config, dialect: "yaml12" }, pathOf(clientId))
  const ours = ["client_secret", "client_secret_file", "jwks", "jwks_uri", "client_uri"]
  const stale = ours.filter((key) => live !== undefined && key in (live as Fields) && !(key in entry))
  const { client_id: _, ...fields }: Fields = { ...entry, ...(secret === undefined ? {} : { client_secret: secret }) }
  return { ...Object.fromEntries(stale.map((key) => [key, absent])), ...fields }
}

function prunable({ mas, database }: ClientInputs) {
  return { ...mas, ...(database === undefined ? {} : { database }) }
}

function adoption({ file, row }: Live, entry: Fields): string {
  if (file === undefined && row === undefined) return "new to MAS"
  const changed = Object.keys(entry).filter((key) => !isDeepStrictEqual(file?.[key], entry[key]))
  const there = row === undefined ? "in MAS's config, not in its database yet" : "known to MAS"
  return changed.length === 0 ? `${there}; nothing in its entry changes` : `${there}; changes: ${changed.join(", ")}`
}
