import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { Refusal } from "../report/refusal.ts"
import { type BothSides, describeGained, type Gained, notGivenUp, whatMasGained } from "./gained.ts"

/** What giving up goes by. */
export interface GivingUp {
  readonly mas: MasAddress
  /** A folder of ours on the host. */
  readonly stateFolder: string
  /** What config has taken note of: name and count. */
  readonly acknowledge: Readonly<Record<string, number>>
}

/** Where dumps of what MAS had gained are kept, on the host. */
export function keptFolder({ stateFolder }: Pick<GivingUp, "stateFolder">): string {
  return posix.join(stateFolder, "kept-from-mas")
}

/** Throws `migration/mas-not-empty`, with all that MAS has gained, unless config gives each up with its very count. */
export function demandGivenUp(host: Host, places: GivingUp, gained: readonly Gained[]): void {
  const open = notGivenUp(gained, places.acknowledge)
  if (open.length === 0) return
  const keys = gained.map(({ kind, count }) => `${kind.name}: ${count}`).join(", ")
  throw new Refusal({
    code: "migration/mas-not-empty",
    what: `MAS has gained by itself what Synapse does not know (${keys})`,
    where: { host: host.name, file: places.mas.config, keyPath: "acknowledge" },
    meaning: [
      "Synapse uses its own accounts, so MAS's copy is stale and has to be made anew; this would be given up. Nothing was " +
        "changed; Synapse goes on serving.",
      ...gained.map((one) => `  - ${describeGained(one)}${counted(one, places.acknowledge)}`),
    ].join("\n"),
    next:
      `Read it. What you can do without, give up in the stack's config (acknowledge: {${keys}}), then \`pulumi up\`. ` +
      `MAS's database is dumped to ${keptFolder(places)} first.`,
  })
}

/** Where config gave up another number, it is said: something came after it was read. */
function counted({ kind, count }: Gained, acknowledged: Readonly<Record<string, number>>): string {
  const given = acknowledged[kind.name]
  return given === undefined || given === count ? "" : ` (config gives up ${given})`
}

/** What is given up, a line each. */
export function sayGivenUp(gained: readonly Gained[]): readonly string[] {
  return gained.map((one) => `given up, as acknowledged: ${describeGained(one)}`)
}

/** For preview: what becomes of MAS's copy at the cutover. Throws as {@link demandGivenUp} does. */
export async function planGivingUp(host: Host, places: GivingUp, sides: BothSides): Promise<readonly string[]> {
  const gained = await whatMasGained(sides)
  demandGivenUp(host, places, gained)
  if (gained.length === 0) return []
  return [...sayGivenUp(gained), `MAS's database is dumped to ${keptFolder(places)} first`]
}
