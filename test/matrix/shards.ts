import { glob } from "node:fs/promises"
import { checkout, importedBy } from "../tiers/tests.ts"

/** A part of the matrix that is run as one, by one process. */
export interface Shard {
  readonly name: string
  /** The test files, as a glob below the checkout. */
  readonly files: string
  /** Only those of the files that try generated cases. */
  readonly isGenerated?: true
  /** Laid over the environment of the run. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * `shared`: takes the lab of its lane and resets it; `own`: brings up its own; `none`: needs no lab, and rests on nothing but what
   * it imports.
   */
  readonly lab: "shared" | "own" | "none"
}

const crash = "test/matrix/crash/crash.test.ts"
const chain = "test/matrix/crash/chain.test.ts"
const drift = "test/matrix/drift/drift.test.ts"

/** Everything that takes too long for `npm test`. */
export const shards: readonly Shard[] = [
  ...parts("crash", crash, { count: 14, lab: "shared" }),
  shard("crash-engine", "test/matrix/crash/engine.test.ts", "own"),
  ...parts("chain", chain, { count: 3, lab: "shared" }),
  ...parts("drift", drift, { count: 6, lab: "shared" }),
  shard("drift-cost", "test/matrix/drift/cost.test.ts", "shared"),
  shard("crash-loops", "test/matrix/steps/crash-loops.test.ts", "shared"),
  ...["another-synapse", "back-and-there-again", "bad-worlds", "conflicts", "rollback-page", "staging-up"].map((name) =>
    shard(name, `test/matrix/steps/${name}.test.ts`, "own"),
  ),
  shard("slow", "test/matrix/slow/*.test.ts", "none"),
  // A backup of each layout, restored by its guide.
  shard("restore", "test/matrix/restore/*.test.ts", "none"),
  shard("lab-ended-by-signal", "test/matrix/lab.test.ts", "own"),
  shard("contract", "test/contract/**/*.test.ts", "none"),
  // Also where a real one is at hand, so that a machine without it still has an honest stand-in.
  { ...shard("contract-of-the-stand-in", "test/contract/**/*.test.ts", "none"), environment: { MAS_CLI: "" } },
  generated("unit-generated", "test/unit/**/*.test.ts"),
  generated("integration-generated", "test/integration/**/*.test.ts"),
]

/** Tests that try generated cases, with many more of them. */
function generated(name: string, files: string): Shard {
  return { ...shard(name, files, "none"), isGenerated: true, environment: { PROPERTY_FACTOR: "5" } }
}

function shard(name: string, files: string, lab: Shard["lab"]): Shard {
  return { name, files, environment: {}, lab }
}

function parts(
  name: string,
  files: string,
  { count, lab }: { readonly count: number; readonly lab: Shard["lab"] },
): readonly Shard[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${name}-${String(index + 1).padStart(2, "0")}`,
    files,
    environment: { MATRIX_PART: `${index + 1}/${count}` },
    lab,
  }))
}

/** The test files of a shard, as paths below the checkout. */
export async function filesOf({ files, isGenerated }: Shard): Promise<readonly string[]> {
  const found: string[] = []
  for await (const path of glob(files, { cwd: checkout })) found.push(path)
  const own = isGenerated ? found.filter((file) => importedBy(file).has("test/unit/property-runs.ts")) : found
  return own.toSorted()
}

/** The shards that a name stands for: the shard of that name, or all that begin with it. Throws where there is none. */
export function shardsNamed(names: readonly string[]): readonly Shard[] {
  const missing = names.filter((name) => !shards.some((one) => isNamed(one, name)))
  if (missing.length > 0)
    throw new Error(`no shard is named ${missing.join(", ")}. There are: ${shards.map(({ name }) => name).join(", ")}`)
  return names.length === 0 ? shards : shards.filter((one) => names.some((name) => isNamed(one, name)))
}

/** A name that a shard has means that shard alone. */
function isNamed({ name }: Shard, wanted: string): boolean {
  return name === wanted || (name.startsWith(`${wanted}-`) && !shards.some((other) => other.name === wanted))
}
