import { access, appendFile, constants, stat, writeFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { Command } from "commander"
import { asMarkdown } from "../drift/as-markdown.ts"
import { asPage } from "../drift/as-page.ts"
import { asTable } from "../drift/as-table.ts"
import type { DriftReport } from "../drift/drift-report.ts"
import { lookForDrift } from "../drift/look.ts"
import { runUrlOf, tellWebhook } from "../drift/webhook.ts"
import { describeError } from "../report/describe-error.ts"
import { print, printAside, printJson } from "../report/printing.ts"
import { createProgress, type ProgressSink } from "../report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../report/progress-sinks.ts"
import { Refusal } from "../report/refusal.ts"

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
  printAside(describeError(error))
  return 1
})

async function run(): Promise<number> {
  for (const path of [options.html, options.markdown]) if (path) await demandWritable(path)
  const report = await lookForDrift(options.stack, createProgress(sink()))
  if (options.json) printJson(report)
  else print(asTable(report).trimEnd())
  await hand(report).catch((error: unknown) => printAside(describeError(error)))
  return report.exitCode
}

/** To files, the CI's summary and the webhook. What was found has been printed by then, whatever becomes of these. */
async function hand(report: DriftReport): Promise<void> {
  const { GITHUB_STEP_SUMMARY: summary, MATRIX_AUTH_DRIFT_WEBHOOK: webhook } = process.env
  if (options.html) await writeFile(options.html, asPage(report))
  if (options.markdown) await writeFile(options.markdown, asMarkdown(report))
  else if (summary) await appendFile(summary, asMarkdown(report))
  if (!webhook || report.outcome === "clean") return
  await tellWebhook(webhook, report, runUrlOf(process.env))
}

/** Throws `drift/report-not-writable`, before anything is looked at: what was found would have nowhere to go. */
async function demandWritable(path: string): Promise<void> {
  try {
    const there = await stat(path).catch(() => undefined)
    if (there?.isDirectory()) throw new Error("it is a folder")
    await access(there === undefined ? dirname(resolve(path)) : path, constants.W_OK)
    if (!(await stat(dirname(resolve(path)))).isDirectory()) throw new Error("it would lie in a file")
  } catch (error) {
    throw new Refusal({
      code: "drift/report-not-writable",
      what: `The report cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      where: { file: resolve(path) },
      meaning: "Nothing was looked at.",
      next: "Make the folder, or name another file.",
    })
  }
}

/** In a log nobody wants a line for each resource. */
function sink(): ProgressSink {
  if (options.json) return jsonSink((line) => process.stderr.write(`${line}\n`))
  if (process.stderr.isTTY) return terminalSink(process.stderr)
  const plain = plainSink(printAside)
  return (event) => event.kind === "detail" || plain(event)
}
