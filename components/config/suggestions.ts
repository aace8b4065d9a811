/** The known word that was probably meant: few letters apart, whatever the case; `undefined` where none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.floor(word.length / 3)
  const near = known
    .map((candidate) => ({ candidate, distance: distance(plain(word), plain(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .sort((one, other) => one.distance - other.distance)
  return near[0]?.candidate
}

/** `homeserver_yaml`, `homeserver-yaml` and `homeserverYaml` are one word. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[_\-\s]/g, "")
}

/** Edits between two words (Levenshtein). */
function distance(one: string, other: string): number {
  const start = Array.from({ length: other.length + 1 }, (_, column) => column)
  const last = [...one].reduce((above, letter, row) => {
    const line = [row + 1]
    for (const [column, candidate] of [...other].entries()) {
      const replaced = (above[column] ?? 0) + (letter === candidate ? 0 : 1)
      line.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1))
    }
    return line
  }, start)
  return last.at(-1) ?? 0
}
