import assert from "node:assert/strict"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { localHost as host } from "../../../components/host/local-host.ts"
import type { ServiceAddress } from "../../../components/host/service-address.ts"
import type { BootPlaces } from "../../../components/window/boot-start.ts"
import { arm } from "../../../components/window/dead-mans-switch.ts"
import { noteStandstill } from "../../../components/window/settle.ts"
import { switchFolder } from "../../../components/window/switch-state.ts"
import { temporaryFolder } from "../host/scenery.ts"

export const leaseSeconds = 2
export const legacy = "server_name: example.org # ours\n"
export const delegated = `${legacy}matrix_authentication_service: {enabled: true}\n`

export interface World {
  readonly folder: string
  readonly homeserverYaml: string
  readonly keptAt: string
  readonly stateFolder: string
  /** None of it is there, unless a test makes it: no test reaches what this machine does at boot. */
  readonly boot: BootPlaces
  readonly synapse: ServiceAddress
  readonly said: string[]
  /** What "Synapse" was told so far. */
  told(): Promise<readonly string[]>
}

/** A homeserver.yaml and a Synapse of two commands that note what they were told. */
export async function world(t: TestContext): Promise<World> {
  const folder = await temporaryFolder(t)
  const [homeserverYaml, stateFolder] = [join(folder, "homeserver.yaml"), join(folder, "state")]
  await mkdir(stateFolder)
  await writeFile(homeserverYaml, legacy)
  await chmod(homeserverYaml, 0o640)
  const notes = join(folder, "told it's")
  const note = (verb: string) => ["sh", "-c", 'echo "$1" >>"$2"', "note", verb, notes] as const
  t.after(() => host.exec(["rm", "-rf", "--", switchFolder(stateFolder)]))
  return {
    folder,
    homeserverYaml,
    keptAt: join(stateFolder, "kept.json"),
    stateFolder,
    boot: bootPlacesIn(join(folder, "machine")),
    synapse: { name: "synapse", commands: { start: note("start"), restart: note("restart") } },
    said: [],
    told: async () => ((await host.readIfPresent(notes)) ?? "").split("\n").filter(Boolean),
  }
}

export function bootPlacesIn(folder: string): BootPlaces {
  return {
    systemd: join(folder, "systemd"),
    units: join(folder, "units"),
    cron: join(folder, "cron.d"),
    cronPid: join(folder, "crond.pid"),
  }
}

export function wayOut({ homeserverYaml, keptAt, synapse }: World) {
  const files = [
    { path: homeserverYaml, before: legacy },
    { path: keptAt, before: undefined },
  ]
  return { service: synapse, files, end: [], policies: [] }
}

export function opened(given: World, serves = async () => {}) {
  return { ...wayOut(given), planned: delegated, serves }
}

export function placeOf({ stateFolder, said, boot }: World) {
  return { host, stateFolder, boot, leaseSeconds, say: (line: string) => void said.push(line) }
}

export async function writeDelegated({ homeserverYaml, keptAt }: World): Promise<void> {
  await host.replace(homeserverYaml, { before: legacy, after: delegated })
  await host.write(keptAt, "{}", { mode: 0o600 })
}

export async function until(condition: () => Promise<boolean>, limitSeconds: number): Promise<void> {
  const end = performance.now() + limitSeconds * 1000
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${limitSeconds} s`)
    await pause(50)
  }
}

/** As a run that was killed in the middle, its switch still waiting. */
export async function leaveBehind(given: World): Promise<void> {
  await arm(host, { ...given, leaseSeconds: 3000 }, wayOut(given))
  await writeFile(join(switchFolder(given.stateFolder), "planned"), delegated)
  await writeDelegated(given)
  await noteStandstill(placeOf(given))
  const journal = { operation: "cutover", startedAt: "2026-11-24T02:00:00Z", done: [], step: "migrate" }
  await writeFile(join(given.stateFolder, "journal.json"), JSON.stringify(journal))
}
