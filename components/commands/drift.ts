import { appendFile, writeFile } from "node:fs/promises"
import { Command } from "commander"
import { asMarkdown } from "../drift/as-markdown.ts"
import { asPage } from "../drift/as-page.ts"
import { asTable } from "../drift/as-table.ts"
import type { DriftReport } from "../drift/drift-report.ts"
import { lookForDrift } from "../drift/look.ts"
import { runUrlOf, tellWebhook } from "../drift/webhook.ts"
import { describeError } from "../report/describe-error.ts"
import { createProgress, type ProgressSink } from "../report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../report/progress-sinks.ts"

const program = new Command("drift")
  .description(
    "Looks whether the server is as it should be, and changes nothing. Ends with 0: clean, 2: drift, 1: broken.",
  )
  .requiredOption("--stack <name>", "the stack to look at")
  .option("--json", "the whole report as JSON on standard output; progress as one JSON object a line on standard error")
  .option("--markdown <file>", "write a summary in Markdown; a job on GitHub or Forgejo gets one without being asked")
  .option("--html <file>", "write a page with the diffs, which stands by itself")
  .addHelpText(
    "after",
    "\nEnds with 0: clean, 2: drift, 1: broken.\nMATRIX_AUTH_DRIFT_WEBHOOK: where Slack or Matrix is told, unless all is clean.",
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

process.exitCode = await run().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`)
  return 1
})

async function run(): Promise<number> {
  const report = await lookForDrift(options.stack, createProgress(sink()))
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : asTable(report))
  await hand(report)
  return report.exitCode
}

/** To files, the CI's summary and the webhook. What was found has been printed by then, whatever becomes of these. */
async function hand(report: DriftReport): Promise<void> {
  const { GITHUB_STEP_SUMMARY: summary, MATRIX_AUTH_DRIFT_WEBHOOK: webhook } = process.env
  if (options.html) await writeFile(options.html, asPage(report))
  if (options.markdown) await writeFile(options.markdown, asMarkdown(report))
  else if (summary) await appendFile(summary, asMarkdown(report))
  if (!webhook || report.outcome === "clean") return
  await tellWebhook(webhook, report, runUrlOf(process.env)).catch((error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`)
  })
}

/** In a log nobody wants a line for each resource. */
function sink(): ProgressSink {
  const write = (line: string) => void process.stderr.write(`${line}\n`)
  if (options.json) return jsonSink(write)
  if (process.stderr.isTTY) return terminalSink(process.stderr)
  const plain = plainSink(write)
  return (event) => event.kind === "detail" || plain(event)
}
