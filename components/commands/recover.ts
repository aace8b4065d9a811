import { Command } from "commander"
import { recoverStack } from "../recovery/recover-stack.ts"
import { notPrinted, type RecoveryReport } from "../recovery/recovery-report.ts"
import { describeError } from "../report/describe-error.ts"
import { endUnheardWith, print, printAside, printJson } from "../report/printing.ts"
import { createProgress } from "../report/progress.ts"
import { jsonSink, terminalSink } from "../report/progress-sinks.ts"

const program = new Command("recover")
  .description(
    "Clears away what a killed run left behind, after proving that nobody is at work on the stack. " +
      "Ends with 0: `pulumi up` may be typed, 2: somebody is or may be at work, 1: broken, 3: the report could not be printed.",
  )
  .requiredOption("--stack <name>", "the stack to recover")
  .option("--end", "end what a dead engine left at work, rather than to wait for it")
  .option("--holder-is-dead", "believe that whoever holds a lock on another machine is dead")
  .option("--json", "the report as JSON on standard output; progress as one JSON object a line on standard error")
  .parse()

interface Options {
  readonly stack: string
  readonly end?: boolean
  readonly holderIsDead?: boolean
  readonly json?: boolean
}

const options = program.opts<Options>()
endUnheardWith(notPrinted)
process.exitCode = await run().catch((error: unknown) => {
  printAside(describeError(error))
  return 1
})

async function run(): Promise<number> {
  const { stack, end = false, holderIsDead = false, json = false } = options
  const progress = createProgress(
    json ? jsonSink((line) => process.stderr.write(`${line}\n`)) : terminalSink(process.stderr),
  )
  const report = await recoverStack(stack, { end, holderIsDead }, progress)
  if (json) printJson(report)
  else print(inWords(report))
  return report.exitCode
}

/** That there was nothing is only said by who has looked everywhere. */
function inWords({ outcome, cleared, standing, trouble, next }: RecoveryReport): string {
  const found = cleared.length === 0 && outcome === "ready" ? ["Nothing had been left behind."] : cleared
  const end = trouble ?? `Next: \`${next}\``
  return [...found, ...standing, end].join("\n")
}
