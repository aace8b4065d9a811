import { setTimeout as pause } from "node:timers/promises"
import { type Absent, isAbsent, type JsonValue } from "../documents/json-value.ts"
import { apply, observe, plan } from "../documents/managed-keys.ts"
import { writeLastText } from "../files/last-text.ts"
import { readUsable } from "../files/usable-text.ts"
import type { Host } from "../host/host.ts"
import { checkConfig } from "./check-config.ts"
import { entryPath } from "./client-file.ts"
import { demandMasCli, masConfigFile } from "./mas-cli.ts"
import { type PrunableMas, pruneJust } from "./prune.ts"

/** One client that is to be in MAS's config and database, or to be gone from both. */
export interface ClientChange {
  readonly clientId: string
  /** Fields of its entry in `clients`, secrets included; absent: the entry goes. */
  readonly entry: Fields | Absent
}

type Fields = Readonly<Record<string, JsonValue | Absent>>

interface Waiting {
  readonly change: ClientChange
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

/** Changes that wait for company, by host and config. */
const queues = new Map<string, Waiting[]>()

/** Long enough for the engine to hand over what it runs side by side, short enough that nobody notices. */
const gatherMilliseconds = 150

/**
 * Commits a change to MAS's config and database. What comes in at the same time is committed as one: one edit of the
 * file, one `config check`, one `config sync`. When the group is refused, each is tried alone, so that one bad client
 * fails by itself.
 */
export async function commitClient(host: Host, mas: PrunableMas, change: ClientChange): Promise<void> {
  const key = JSON.stringify([host.name, mas.config])
  const waiting = queues.get(key)
  return new Promise((done, failed) => {
    const entry = { change, done, failed }
    if (waiting) {
      waiting.push(entry)
      return
    }
    const queue = [entry]
    queues.set(key, queue)
    void pause(gatherMilliseconds).then(() => {
      queues.delete(key)
      return commitGroup(host, mas, queue)
    })
  })
}

async function commitGroup(host: Host, mas: PrunableMas, group: readonly Waiting[]): Promise<void> {
  try {
    await commit(
      host,
      mas,
      group.map(({ change }) => change),
    )
    for (const { done } of group) done()
  } catch (error) {
    if (group.length === 1) for (const { failed } of group) failed(error)
    else for (const single of group) await commitGroup(host, mas, [single])
  }
}

async function commit(host: Host, mas: PrunableMas, changes: readonly ClientChange[]): Promise<void> {
  await host.withLockOn(mas.config, "clients", async () => {
    const paths = changes.map(({ clientId }) => `clients[client_id=${clientId}]`)
    const { found: before, text } = await readUsable(host, masConfigFile(mas), paths)
    const after = withChanges(text, changes)
    if (after !== before) {
      await checkConfig(host, mas, after)
      await host.replace(mas.config, { before, after })
      if (mas.keptAt !== undefined) await writeLastText(host, mas.keptAt, after)
    }
    const unsynced = "The file is written; MAS's database does not have it yet. MAS goes on serving."
    await demandMasCli(host, mas, { purpose: "sync", argv: ["config", "sync"] }, unsynced)
    const gone = changes.filter(({ entry }) => isAbsent(entry)).map(({ clientId }) => clientId)
    if (gone.length > 0) await pruneJust(host, mas, gone)
  })
}

function withChanges(text: string, changes: readonly ClientChange[]): string {
  const { clients } = observe(text, "yaml12", ["clients"])
  const keys = changes.flatMap(({ clientId, entry }) => {
    const path = entryPath(isAbsent(clients) ? undefined : clients, clientId)
    if (isAbsent(entry)) return [{ path, value: entry }]
    return Object.entries(entry as Fields).map(([field, value]) => ({ path: `${path}.${field}`, value }))
  })
  return apply(text, plan(text, "yaml12", keys).edits)
}
