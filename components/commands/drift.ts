import { Command } from "commander"
import { asMarkdown } from "../drift/as-markdown.ts"
import { asPage } from "../drift/as-page.ts"
import { asTable } from "../drift/as-table.ts"
import { type DriftReport, notHandedOver } from "../drift/drift-report.ts"
import { lookForDrift } from "../drift/look.ts"
import { demandWritable, type ReportFile, writeReports } from "../drift/report-files.ts"
import { runUrlOf, tellWebhook } from "../drift/webhook.ts"
import { describeError } from "../report/describe-error.ts"
import { endUnheardWith, print, printAside, printJson } from "../report/printing.ts"
import { createProgress, type ProgressSink } from "../report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../report/progress-sinks.ts"

const program = new Command("drift")
  .description(
    "Looks whether the server is as it should be, and changes nothing. Ends with 0: clean, 2: drift, 1: broken, 3: not written where it was to be.",
  )
  .requiredOption("--stack <name>", "the stack to look at")
  .option("--json", "the whole report as JSON on standard output; progress as one JSON object a line on standard error")
  .option("--markdown <file>", "write a summary in Markdown; a job on GitHub or Forgejo gets one without being asked")
  .option("--html <file>", "write a page with the diffs, which stands by itself")
  .addHelpText(
    "after",
    "\nEnds with 0: clean, 2: drift, 1: broken, 3: a report could not be written, whatever was found.\nMATRIX_AUTH_DRIFT_WEBHOOK: where Slack or Matrix is told, unless all is clean.",
  )
  .parse()

interface Options {
  readonly stack: string
  readonly json?: boolean
  readonly markdown?: string
  readonly html?: string
}

const options = program.opts<Options>()

// By way of `exit`, at which Pulumi is ended as well.
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143))

endUnheardWith(notHandedOver)

process.exitCode = await run().catch((error: unknown) => {
  printAside(describeError(error))
  return 1
})

async function run(): Promise<number> {
  const files = reportFiles()
  try {
    await demandWritable(files)
  } catch (error) {
    printAside(describeError(error))
    return notHandedOver
  }
  const report = await lookForDrift(options.stack, createProgress(sink()))
  if (options.json) printJson(report)
  else print(asTable(report).trimEnd())
  const unwritten = await writeReports(files, report)
  for (const failure of unwritten) printAside(describeError(failure))
  await tell(report).catch((error: unknown) => printAside(describeError(error)))
  return unwritten.length > 0 ? notHandedOver : report.exitCode
}

/** What was asked for; a job of the CI gets its summary without being asked. */
function reportFiles(): readonly ReportFile[] {
  const { html, markdown } = options
  const { GITHUB_STEP_SUMMARY: summary } = process.env
  const ofJob: ReportFile[] = summary ? [{ path: summary, textOf: asMarkdown, isShared: true }] : []
  return [
    ...(html === undefined ? [] : [{ path: html, textOf: asPage }]),
    ...(markdown === undefined ? ofJob : [{ path: markdown, textOf: asMarkdown }]),
  ]
}

/** By the webhook: whether anybody hears it changes nothing of what was found. */
async function tell(report: DriftReport): Promise<void> {
  const { MATRIX_AUTH_DRIFT_WEBHOOK: webhook } = process.env
  if (!webhook || report.outcome === "clean") return
  await tellWebhook(webhook, report, runUrlOf(process.env))
}

/** In a log nobody wants a line for each resource. */
function sink(): ProgressSink {
  if (options.json) return jsonSink((line) => process.stderr.write(`${line}\n`))
  if (process.stderr.isTTY) return terminalSink(process.stderr)
  const plain = plainSink(printAside)
  return (event) => event.kind === "detail" || plain(event)
}
