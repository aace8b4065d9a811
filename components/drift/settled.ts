import { z } from "zod"
import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { nameOf } from "./engine-event.ts"

const exported = z.object({
  deployment: z.object({
    manifest: z.object({ time: z.string() }),
    pending_operations: z.array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) })).default([]),
  }),
})

/**
 * Preview waits for nobody: beside an `up` at work it sees a server that is half-way. Where that may have been so, what
 * it saw is no drift. Asked only when something was found, so that a clean look costs nothing more.
 *
 * Throws `drift/up-at-work`; when the state cannot be read, nothing: the look was whole by itself.
 */
export async function demandSettled(operator: Host, stack: string, begunAt: Date): Promise<void> {
  const { exitCode, stdout } = await operator.exec(["pulumi", "stack", "export", "--stack", stack, "--non-interactive"])
  const read = exitCode === 0 ? exported.safeParse(JSON.parse(stdout)) : undefined
  if (!read?.success) return
  const { manifest, pending_operations: pending } = read.data.deployment
  const [unfinished] = pending
  if (unfinished)
    throw atWork(stack, `the state has ${unfinished.type} ${nameOf(unfinished.resource.urn)} as begun and not ended`)
  if (new Date(manifest.time) >= begunAt)
    throw atWork(stack, `the state was written at ${manifest.time}, during the look`)
}

function atWork(stack: string, seen: string): Refusal {
  return new Refusal({
    code: "drift/up-at-work",
    what: `A change of the stack ${stack} is at work, or was cut off`,
    meaning: `What was seen may be half-way, and is no drift: ${seen}. Nothing was changed.`,
    next:
      "Let it come to its end, then run this again. When none is at work: `pulumi up`; should the entry outlive that, " +
      "`pulumi refresh --clear-pending-creates`.",
  })
}
