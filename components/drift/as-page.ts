import type { DriftReport, FoundItem, Remark, Trouble } from "./drift-report.ts"
import { escapeHtml } from "./escape-html.ts"
import { advice, headline, whereabouts } from "./wording.ts"

/** A page that stands by itself: nothing is loaded, nothing runs. With the diffs, and what the resources said. */
export function asPage(report: DriftReport): string {
  const { stack, begunAt, items, troubles } = report
  // A resource says its diff to people, too.
  const remarks = report.remarks.filter(({ text }) => !items.some(({ diff }) => diff?.trim() === text))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Drift of ${escapeHtml(stack)}: ${report.outcome}</title>
<style>${style}</style>
<h1 class="${report.outcome}">${escapeHtml(headline(report))}</h1>
<p>${escapeHtml(advice(report))} Looked at on <time datetime="${begunAt}">${begunAt}</time>.</p>
${troubles.map(troubleOf).join("\n")}
${items.length > 0 ? tableOf(items) : ""}
${items.map(diffOf).join("\n")}
${remarksOf(remarks)}
</html>
`
}

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; border-left: .5rem solid; padding-left: .6rem }
h1.clean { border-color: #2a9d4a } h1.drift { border-color: #d9930d } h1.broken { border-color: #d1242f }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8885 }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { white-space: pre-wrap; padding: .6rem; background: #8881; border-radius: .3rem }
ins, del { text-decoration: none } ins { background: #2a9d4a33 } del { background: #d1242f33 }
`

function troubleOf({ resource, text }: Trouble): string {
  return `<pre>${escapeHtml(resource === undefined ? text : `${resource}: ${text}`)}</pre>`
}

function tableOf(items: readonly FoundItem[]): string {
  const head = ["Found", "Resource", "Where", "Live", "Wanted"].map((title) => `<th>${title}</th>`).join("")
  return `<table><tr>${head}</tr>\n${items.map(row).join("\n")}\n</table>`
}

function row({ found, where, live, wanted }: FoundItem): string {
  const place = [...whereabouts(where), ...(where.keyPath === undefined ? [] : [where.keyPath])]
  const cells = [
    found,
    where.resource ?? "",
    place.map(code).join("<br>"),
    `<del>${code(live)}</del>`,
    `<ins>${code(wanted)}</ins>`,
  ]
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`
}

function diffOf({ diff, where }: FoundItem): string {
  if (diff === undefined) return ""
  const title = escapeHtml([where.resource, ...whereabouts(where)].join(", "))
  return `<h2>${title}</h2>\n<pre>${diff.split("\n").map(coloured).join("\n")}</pre>`
}

function coloured(line: string): string {
  const text = escapeHtml(line)
  if (/^(---|\+\+\+) /.test(line)) return text
  if (line.startsWith("+")) return `<ins>${text}</ins>`
  return line.startsWith("-") ? `<del>${text}</del>` : text
}

function remarksOf(remarks: readonly Remark[]): string {
  if (remarks.length === 0) return ""
  const lines = remarks.map(({ resource, text }) => `${resource}: ${text}`)
  return `<h2>What the resources said</h2>\n<pre>${lines.join("\n").split("\n").map(coloured).join("\n")}</pre>`
}
