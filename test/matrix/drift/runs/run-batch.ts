import { runPulumi, up } from "../../crash/lab/run-pulumi.ts"
import type { Server } from "../lab/server.ts"
import { startsOf, worldOf } from "../lab/world.ts"
import type { Mutator } from "../mutators/mutator.ts"
import { claimOf, described, strangeItems } from "./claims.ts"
import { complaintsAboutStarts, complaintsAboutWorld } from "./foreign.ts"
import { letHandsWork } from "./let-hands-work.ts"
import { lookWatched, type WatchedLook } from "./look.ts"
import type { Outcome } from "./outcome.ts"
import { secretsIn } from "./secrets.ts"

/** Hands at work on things that do not touch: looked at together, mended by one `up`, looked at again. */
export async function runBatch(server: Server, batch: readonly Mutator[]): Promise<readonly Outcome[]> {
  const begin = performance.now()
  // While its documents can still be read.
  await secretsIn(server, "")
  const before = await worldOf(server)
  await letHandsWork(server, batch)
  const starts = await startsOf(server)
  const found = await lookWatched(server)
  const mending = await mend(server)
  const restarted = { before: starts, after: await startsOf(server) }
  const clean = await lookWatched(server)
  const foreign = [
    ...complaintsAboutStarts(server, batch, restarted),
    ...complaintsAboutWorld(batch, before, await worldOf(server)),
  ]
  const strange = [
    ...strangeItems(server, batch, found.report.items),
    ...[found, clean].flatMap(({ complaints }) => complaints),
  ]
  const unmended = [...mending.complaints, ...complaintsAboutClean(clean)]
  const seconds = Math.round((performance.now() - begin) / 100 / batch.length) / 10
  return batch.map((mutator) => {
    const claim = claimOf(server, mutator, found.report.items)
    const broken = found.exitCode === 2 ? [] : [`the look ended with ${found.exitCode}: ${troublesOf(found)}`]
    return {
      name: mutator.name,
      kind: mutator.kind,
      found: claim.found && found.exitCode === 2,
      named: claim.named && strange.length === 0,
      mended: unmended.length === 0,
      foreignUntouched: foreign.length === 0,
      complaints: [...claim.complaints, ...broken, ...strange, ...unmended, ...foreign],
      seconds,
      note: mutator.note ?? "",
    }
  })
}

async function mend(server: Server): Promise<{ readonly complaints: readonly string[] }> {
  const { exitCode, output } = await runPulumi(server.lab, ...up)
  const failed = exitCode === 0 ? [] : [`pulumi up ended with ${exitCode}: ${output.split("\n").slice(-40).join("\n")}`]
  return { complaints: [...failed, ...(await secretsIn(server, output))] }
}

export function complaintsAboutClean({ exitCode, report }: WatchedLook): readonly string[] {
  if (exitCode === 0) return []
  const items = report.items.map((item) => `still there: ${described(item)}`)
  return [`the look afterwards ended with ${exitCode}: ${troublesOf({ report })}`, ...items]
}

export function troublesOf({ report }: Pick<WatchedLook, "report">): string {
  return report.troubles.map(({ resource, text }) => `${resource ?? "all"}: ${text}`).join("; ")
}
