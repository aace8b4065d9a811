import type { Place } from "../report/refusal.ts"
import type { DriftReport, Found, FoundItem } from "./drift-report.ts"

/** The one sentence that says how it stands, for the terminal, the summary, the page and the message alike. */
export function headline({ stack, outcome, items, troubles, resources, seconds }: DriftReport): string {
  const took = `${count(resources, "resource")} looked at in ${seconds.toFixed(1)} s`
  if (outcome === "clean") return `${stack} is clean: all is as it should be (${took}).`
  if (outcome === "drift") return `${stack} has drifted: ${inNumbers(items)} (${took}).`
  const parts = items.length === 0 ? "" : ` Found before: ${inNumbers(items)}.`
  return `${stack} could not be looked at: ${count(troubles.length, "thing")} in the way. Neither clean nor drift is known.${parts}`
}

/** What to do about it; nothing when all is clean. */
export function advice({ outcome, items, follows }: DriftReport): string {
  if (outcome === "clean") return ""
  if (outcome === "broken") return "Mend what is named, then run it again."
  const mendable = items.some(({ found }) => found !== "notice")
  const along = follows.length === 0 ? "" : `, and runs ${follows.join(", ")} after it`
  const mends = mendable
    ? `\`pulumi preview --diff\` shows what \`pulumi up\` would do; \`pulumi up\` mends it${along}.`
    : ""
  const notes = items.some(({ found }) => found === "notice")
    ? "A notice is to be read; the next `pulumi up` takes note of it."
    : ""
  return [mends, notes].filter(Boolean).join(" ")
}

const words: Readonly<Record<Found, (number: number) => string>> = {
  drift: (number) => `${count(number, "thing")} changed on the server`,
  "not applied": (number) => `${count(number, "change")} of the config not applied yet`,
  notice: (number) => count(number, "notice"),
}

function inNumbers(items: readonly FoundItem[]): string {
  const numbers = Object.groupBy(items, ({ found }) => found)
  const kinds = Object.keys(words) as Found[]
  return kinds.flatMap((kind) => (numbers[kind] ? [words[kind](numbers[kind].length)] : [])).join(", ")
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`
}

/** The file, container, database or URL; all that is known of it, a line each. */
export function whereabouts({ file, container, database, url, host }: Place): readonly string[] {
  const lines = [file, container && `container ${container}`, database && `database ${database}`, url].filter(
    (line) => line !== undefined && line !== "",
  )
  const away = host !== undefined && host !== "this machine" ? [`on ${host}`] : []
  return [...lines, ...away] as string[]
}
