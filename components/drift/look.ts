import type { Argv, Finished, Host } from "../host/host.ts"
import { openHost } from "../host/open-host.ts"
import { describeError } from "../report/describe-error.ts"
import type { Progress } from "../report/progress.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { visible } from "../report/visible.ts"
import { type DriftOutcome, type DriftReport, exitCodes, type Trouble } from "./drift-report.ts"
import { isProvider, isStack, nameOf, readEvent } from "./engine-event.ts"
import { followLines } from "./event-log.ts"
import { findItems } from "./found-items.ts"
import { type Gathered, gather, gatherNothing } from "./gather-events.ts"
import { demandSettled } from "./settled.ts"

/** The longest that a look may take. */
const limitSeconds = 30 * 60

/** Pulumi runs where the operator is, whatever host the services are on. */
const operator: Host = openHost({ kind: "local" })

/**
 * Looks at the whole stack once, by one run of the engine's refresh and preview, in the current folder. Changes nothing
 * and takes no lock: preview does neither (seen with Pulumi 3.259). What is broken is in the report, never thrown.
 */
export async function lookForDrift(stack: string, progress: Progress): Promise<DriftReport> {
  const begunAt = new Date()
  const begin = performance.now()
  const gathered = gatherNothing()
  const troubles = await progress.step(`looking at ${stack}`, (step) => look({ stack, begunAt, gathered }, step))
  const { items, follows } = findItems(gathered)
  const outcome: DriftOutcome = troubles.length > 0 ? "broken" : items.length > 0 ? "drift" : "clean"
  return {
    stack,
    outcome,
    exitCode: exitCodes[outcome],
    begunAt: begunAt.toISOString(),
    seconds: Math.round((performance.now() - begin) / 100) / 10,
    resources: [...gathered.refreshed.keys()].filter((urn) => !isStack(urn) && !isProvider(urn)).length,
    items,
    follows,
    remarks: gathered.remarks,
    troubles,
  }
}

interface Look {
  readonly stack: string
  readonly begunAt: Date
  readonly gathered: Gathered
}

/** Returns why it is broken: nothing when it is not. */
async function look({ stack, begunAt, gathered }: Look, progress: Progress): Promise<readonly Trouble[]> {
  progress.waiting("Pulumi's refresh and preview", limitSeconds)
  try {
    const run = (log: string) => operator.exec(argvOf(stack, log), { timeoutSeconds: limitSeconds })
    const finished = await followLines(run, (line) => heed(line, gathered, progress))
    if (finished.exitCode !== 0 || gathered.changes === undefined) throw couldNotLook(stack, finished)
    if (findItems(gathered).items.length > 0) await demandSettled(operator, stack, begunAt)
    return gathered.troubles
  } catch (error) {
    return gathered.troubles.length > 0 ? gathered.troubles : [{ text: describeError(error) }]
  }
}

/** Pulumi has its log of events only where it is told to have commands for those who work on it. */
function argvOf(stack: string, log: string): Argv {
  const options = ["--refresh", "--non-interactive", "--color", "never", "--event-log", log]
  return ["env", "PULUMI_DEBUG_COMMANDS=true", "pulumi", "preview", "--stack", stack, ...options]
}

function heed(line: string, gathered: Gathered, progress: Progress): void {
  const event = readEvent(line)
  gather(gathered, event)
  const begun = event.resourcePreEvent?.metadata
  if (begun) progress.detail(`${begun.op === "refresh" ? "reading" : "comparing"} ${nameOf(begun.urn)}`)
}

/** What `env` ends with when there is no such program (POSIX). */
const noSuchProgram = 127

function couldNotLook(stack: string, { exitCode, stdout, stderr }: Finished): Refusal {
  const said = visible(
    quoted(stderr.trim() || stdout.trim())
      .split("\n")
      .slice(-20)
      .join("\n"),
  )
  return new Refusal({
    code: "drift/could-not-look",
    what: `Pulumi could not look at the stack ${stack}`,
    meaning: `Whether anything drifted is not known. Nothing was changed. Pulumi ended with ${exitCode}: ${said}`,
    next:
      exitCode === noSuchProgram
        ? "Install Pulumi, or put it on the PATH; then run this again."
        : "Mend what Pulumi names (the stack's name, its passphrase, where its state is kept); then run this again.",
  })
}
