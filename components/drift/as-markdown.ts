import type { DriftReport, FoundItem } from "./drift-report.ts"
import { escapeHtml } from "./escape-html.ts"
import { advice, headline, whereabouts } from "./wording.ts"

/** A job's summary on GitHub holds 1 MiB (docs.github.com, workflow commands); the table and the head need their part. */
const mostOfDiffs = 500_000

/** For a CI's summary of the job, or a comment: what GitHub, GitLab and Forgejo render alike. */
export function asMarkdown(report: DriftReport): string {
  const { items, troubles } = report
  const parts = [
    `### ${marks[report.outcome]} ${escapeHtml(headline(report))}`,
    ...(items.length > 0 ? [tableOf(items)] : []),
    ...troubles.map(({ resource, text }) => fenced(resource === undefined ? text : `${resource}: ${text}`, "text")),
    ...diffsOf(items),
    ...(report.outcome === "clean" ? [] : [advice(report)]),
  ]
  return `${parts.join("\n\n")}\n`
}

const marks = { clean: "✅", drift: "⚠️", broken: "❌" } as const

function tableOf(items: readonly FoundItem[]): string {
  const head = ["| Found | Resource | Where | Live | Wanted |", "| --- | --- | --- | --- | --- |"]
  return [...head, ...items.map(row)].join("\n")
}

function row({ found, where, live, wanted }: FoundItem): string {
  const place = [...whereabouts(where), ...(where.keyPath === undefined ? [] : [where.keyPath])]
  const cells = [found, code(where.resource ?? ""), place.map(code).join("<br>"), code(live), code(wanted)]
  return `| ${cells.join(" | ")} |`
}

/** HTML in the place of backticks: nothing in somebody's value can end it, and a bar ends no cell. */
function code(text: string): string {
  return text === "" ? "" : `<code>${escapeHtml(text)}</code>`
}

function diffsOf(items: readonly FoundItem[]): string[] {
  let left = mostOfDiffs
  return items.flatMap(({ diff, where }) => {
    if (diff === undefined) return []
    left -= diff.length
    const title = escapeHtml([where.resource, ...whereabouts(where)].join(", "))
    const shown = left > 0 ? fenced(diff, "diff") : "Too long for this summary: the HTML page has it."
    return [`<details><summary>${title}</summary>\n\n${shown}\n\n</details>`]
  })
}

/** With a fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = "`".repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
