import { renderTable } from "../report/table.ts"
import type { DriftReport, FoundItem } from "./drift-report.ts"
import { advice, headline, whereabouts } from "./wording.ts"

/** For a terminal: a row for each thing that was found, what is in the way, and how it stands. */
export function asTable(report: DriftReport): string {
  const { items, troubles } = report
  const table = renderTable(["Found", "Resource", "Where", "Live", "Wanted"], items.map(row))
  const parts = [
    ...(items.length > 0 ? [table] : []),
    ...troubles.map(({ resource, text }) => (resource === undefined ? text : `${resource}: ${text}`)),
    [headline(report), advice(report)].filter(Boolean).join("\n"),
  ]
  return `${parts.join("\n\n")}\n`
}

function row({ found, where, live, wanted }: FoundItem): string[] {
  const place = [...whereabouts(where), ...(where.keyPath === undefined ? [] : [where.keyPath])]
  return [found, where.resource ?? "", place.join("\n"), folded(live), folded(wanted)]
}

const widest = 40

/** A long value goes on in the next lines of its cell: cut off, the difference may be what is not seen. */
function folded(text: string): string {
  return text.match(new RegExp(`.{1,${widest}}`, "gu"))?.join("\n") ?? ""
}
