/** So many are named before it is only a number. */
const most = 10

/** Names, sorted, each once and with how often it was there; ten at most, then how many more. @example "kim, lou (3) and 4 more" */
export function nameList(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = sorted.slice(0, most).map(([name, count]) => (count === 1 ? name : `${name} (${count})`))
  const rest = sorted.length - shown.length
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ")
}
