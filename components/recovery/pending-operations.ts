import { z } from "zod"
import { demandPulumi, printed } from "./pulumi-cli.ts"

/** What an engine was about to do when it was killed, as its state has it. */
export interface PendingOperation {
  /** @example "updating" */
  readonly kind: string
  /** Name of the resource in the program. */
  readonly resource: string
}

const exported = z.object({
  deployment: z.object({
    pending_operations: z.array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) })).nullish(),
  }),
})

/**
 * Forgets what an engine was about to do. Every resource of ours finds out by itself what is there, so nothing is lost
 * with it; left in, each `pulumi up` warns of it. Handing the state back as it is does that (seen with Pulumi 3.259), with
 * secrets encrypted as they were. The stack must not be locked. Returns what was forgotten.
 */
export async function forgetPending(stack: string): Promise<readonly PendingOperation[]> {
  const words = ["stack", "export"]
  const state = await demandPulumi(stack, words)
  const pending = pendingIn(printed(exported, stack, words, { exitCode: 0, stdout: state, stderr: "" }))
  if (pending.length > 0) await demandPulumi(stack, ["stack", "import"], state)
  return pending
}

function pendingIn({ deployment }: z.infer<typeof exported>): readonly PendingOperation[] {
  return (deployment.pending_operations ?? []).map(({ type, resource }) => ({
    kind: type,
    resource: resource.urn.split("::").at(-1) ?? resource.urn,
  }))
}
