import { Command, InvalidArgumentError } from "commander"
import { recoverStack } from "../recovery/recover-stack.ts"
import { inWords, notPrinted } from "../recovery/recovery-report.ts"
import { describeError } from "../report/describe-error.ts"
import { endUnheardWith, print, printAside, printJson } from "../report/printing.ts"
import { createProgress } from "../report/progress.ts"
import { jsonSink, terminalSink } from "../report/progress-sinks.ts"

const program = new Command("recover")
  .description(
    "Clears away what a killed run left behind, after proving that nobody is at work on the stack. " +
      "Ends with 0: `pulumi up` may be typed, 2: somebody is or may be at work, 1: broken, 3: the report could not be printed.",
  )
  .requiredOption("--stack <name>", "the stack to recover", stackName)
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

function stackName(given: string): string {
  if (/(?:^|\/)\s*$/.test(given)) throw new InvalidArgumentError("It names no stack.")
  return given
}

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
