import { openDatabase } from "../host/database.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { entryOf, readClientEntries } from "./client-file.ts"
import { readStaticClients, type StaticClient } from "./client-rows.ts"
import type { MasAddress } from "./mas-cli.ts"
import { type DatabasePlace, readMasDatabase } from "./mas-database.ts"
import { pruneJust } from "./prune.ts"
import { uuidOfUlid } from "./ulid.ts"

export interface StaticClientsInputs extends HostedInputs {
  readonly mas: MasAddress
  readonly database?: DatabasePlace
  /** Ids of the clients that the stack declares: those are looked at one by one. */
  readonly declared: readonly string[]
  /** Filled in by `check`: ids of those that were in no file when we came. */
  readonly leftAlone?: readonly string[]
  /** Filled in by `check`: ids of the others that are in no file; none are to be. */
  readonly strays?: readonly string[]
}

/** Static clients that are in MAS's database and in no file: MAS goes on serving them until they are pruned. */
export const lifecycle: Lifecycle<StaticClientsInputs, Record<never, never>> = {
  outputs: [],
  identity: [],
  async check(inputs, before, context) {
    const found = await findStrays(inputs, context)
    const leftAlone = before?.leftAlone ?? found.map(({ id }) => id)
    const toGo = found.filter(({ id }) => !leftAlone.includes(id))
    const staying = before === undefined ? found : []
    return {
      inputs: { ...inputs, leftAlone, strays: [] },
      plan: [
        ...staying.map(
          (client) => `${nameOf(client)} is in MAS's database and in no file: left alone, and it works on`,
        ),
        ...toGo.map((client) => `${nameOf(client)} is pruned, with ${client.sessions} sessions`),
      ],
      drift: toGo.map((client) => ({
        kind: "row",
        where: { host: context.host.name, database: "mas", keyPath: `oauth2_clients[${uuidOfUlid(client.id)}]` },
        live: `${nameOf(client)}, in no file`,
        wanted: "(absent)",
      })),
    }
  },
  async read(state, context) {
    const leftAlone = state.leftAlone ?? []
    const found = await findStrays(state, context)
    return { ...state, strays: found.map(({ id }) => id).filter((id) => !leftAlone.includes(id)) }
  },
  async converge(wanted, _, context) {
    const leftAlone = wanted.leftAlone ?? []
    const strays = (await findStrays(wanted, context)).filter(({ id }) => !leftAlone.includes(id))
    if (strays.length === 0) return {}
    for (const stray of strays) context.say(`${nameOf(stray)} goes out of MAS's database`)
    const { mas, database } = wanted
    const ids = strays.map(({ id }) => id)
    await pruneJust(context.host, { ...mas, ...(database === undefined ? {} : { database }) }, ids)
    return {}
  },
  async remove() {
    // Nothing of it is ours: it only keeps away what is nobody's.
  },
}

async function findStrays(inputs: StaticClientsInputs, { host }: Context): Promise<readonly StaticClient[]> {
  const { mas, declared } = inputs
  const entries = await readClientEntries(host, mas)
  await using session = await openDatabase(host, await readMasDatabase(host, mas, inputs.database))
  const clients = await readStaticClients(session)
  return clients.filter(({ id }) => !declared.includes(id) && entryOf(entries, id) === undefined)
}

function nameOf({ id, name }: StaticClient): string {
  return name === null ? `client ${id}` : `client ${id} (${name})`
}
