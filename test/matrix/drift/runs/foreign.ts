import { diffLines } from "diff"
import { type Server, serviceNames } from "../lab/server.ts"
import type { Starts, World } from "../lab/world.ts"
import type { Mutator } from "../mutators/mutator.ts"

/** What is not as it was before the hands came, and should be. */
export function complaintsAboutWorld(batch: readonly Mutator[], before: World, after: World): readonly string[] {
  const leftovers = batch.flatMap(({ leaves = [] }) => leaves)
  const rows = changedIn(before.rows, after.rows).map((table) => `rows of ${table} are not as before`)
  const owners = changedIn(before.attributes, after.attributes).map((path) => `${path} has another owner or mode`)
  const files = changedIn(before.files, after.files).flatMap((path) => {
    const own = leftovers.filter(({ file }) => file === path)
    const isMoved = own.some(({ how }) => how === "moved")
    const expected = own.reduce((text, { how }) => (how === "moved" ? text : how(text)), before.files[path] ?? "")
    const [one, other] = [expected, after.files[path] ?? ""].map((text) => (isMoved ? inOrder(text) : text))
    return one === other ? [] : [`${path} is not as before:\n${differenceOf(one ?? "", other ?? "")}`]
  })
  return [...files, ...owners, ...rows]
}

function changedIn(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name])
}

/** Its lines, but for the order, empty ones, and the commas between them. */
function inOrder(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/,$/, ""))
  return lines
    .filter((line) => line.trim() !== "")
    .toSorted()
    .join("\n")
}

function differenceOf(before: string, after: string): string {
  const parts = diffLines(before, after).filter(({ added, removed }) => added || removed)
  return parts.map(({ added, value }) => value.replaceAll(/^(?=.)/gm, added ? "+ " : "- ")).join("")
}

/** Which services began anew although they need not have, or did not although they had to. */
export function complaintsAboutStarts(
  { containers }: Server,
  batch: readonly Mutator[],
  { before, after }: { readonly before: Starts; readonly after: Starts },
): readonly string[] {
  const due = new Set(batch.flatMap(({ restarts = [] }) => restarts))
  return serviceNames.flatMap((name) => {
    const hasRestarted = before[name] !== after[name]
    if (after[name] === "stopped") return [`${containers[name]} stands still`]
    if (hasRestarted === due.has(name)) return []
    return [`${containers[name]} ${hasRestarted ? "was restarted, and need not have been" : "was not restarted"}`]
  })
}
