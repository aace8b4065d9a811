import { hash } from "node:crypto"
import { posix, resolve } from "node:path"
import type { Host } from "../host/host.ts"
import { openHost } from "../host/open-host.ts"
import { formatDuration } from "../report/durations.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { differingKinds, type Holdings } from "./holdings.ts"

/** What was tried, on what, and what was said. */
export interface Trial {
  /** What Synapse held when it began: counts and digests by kind. */
  readonly held: Holdings
  /** What the programs printed, by the name of a file. */
  readonly printed: Readonly<Record<string, string>>
}

/** That a migration was checked and tried, and on which data: files on the host and here, known by their digests. */
export interface Evidence {
  /** ISO 8601, by this machine's clock. */
  readonly takenAt: string
  /** SHA-256 by the file's name. */
  readonly files: Readonly<Record<string, string>>
  readonly held: Holdings
}

export interface EvidencePlaces {
  /** A folder of ours on the host. */
  readonly stateFolder: string
  /** Folder on this machine, the operator's; a relative path is the project's. */
  readonly copyTo: string
  /** Evidence that is older does not count. */
  readonly maxAgeSeconds: number
}

/** How many are kept, here and there. */
const kept = 10

/** Keeps what was tried, redacted, on the host and on this machine (files 0600). The newest ten stay. */
export async function keepEvidence(host: Host, places: EvidencePlaces, { held, printed }: Trial): Promise<Evidence> {
  const takenAt = new Date().toISOString()
  const texts: Record<string, string> = { "holdings.json": `${JSON.stringify(held, null, 2)}\n` }
  for (const [name, text] of Object.entries(printed)) texts[name] = quoted(text)
  const folder = takenAt.replaceAll(/[-:]|\.\d+/g, "")
  const operator = openHost({ kind: "local" })
  for (const [at, root] of [
    [host, posix.join(places.stateFolder, "evidence")],
    [operator, resolve(places.copyTo)],
  ] as const) {
    for (const [name, text] of Object.entries(texts)) {
      await at.write(posix.join(root, folder, name), text, { mode: 0o600 })
    }
    await keepNewest(at, root)
  }
  const files = Object.entries(texts).map(([name, text]) => [name, hash("sha256", text)] as const)
  return { takenAt, held, files: Object.fromEntries(files) }
}

async function keepNewest(at: Host, root: string): Promise<void> {
  const { stdout } = await at.exec(["ls", "-1", "--", root])
  const old = stdout
    .split("\n")
    .filter((name) => /^\d{8}T\d{6}Z$/.test(name))
    .sort()
    .slice(0, -kept)
  if (old.length > 0) await at.exec(["rm", "-rf", "--", ...old.map((name) => posix.join(root, name))])
}

/** What speaks against evidence; `undefined`: it counts for just this data. */
export function objectionTo(
  evidence: Evidence,
  { held, maxAgeSeconds, now }: { readonly held: Holdings; readonly maxAgeSeconds: number; readonly now: Date },
): string | undefined {
  const age = (now.getTime() - Date.parse(evidence.takenAt)) / 1000
  if (age > maxAgeSeconds) return `it is ${formatDuration(age)} old, and ${formatDuration(maxAgeSeconds)} are allowed`
  const differing = differingKinds(evidence.held, held).map(({ name }) => name)
  return differing.length === 0 ? undefined : `it is of other data: ${differing.join(", ")} differ`
}

/** Throws `migration/evidence-does-not-hold`. Synapse stands still by now: data that still changes has another author. */
export function demandEvidence(host: Host, evidence: Evidence, by: Parameters<typeof objectionTo>[1]): void {
  const objection = objectionTo(evidence, by)
  if (objection === undefined) return
  throw new Refusal({
    code: "migration/evidence-does-not-hold",
    what: `The dry-run does not count for what would be migrated: ${objection}`,
    where: { host: host.name },
    meaning: "Nothing is migrated that was not tried on the very same data. Synapse serves as before.",
    next: "See what writes to Synapse's database while Synapse stands still (a worker, a script), then `pulumi up`.",
  })
}
