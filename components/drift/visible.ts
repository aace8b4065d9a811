/**
 * The text without anything that a terminal would obey: what stands in somebody's file may be anything. Line breaks and
 * tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll(/[[\p{Cc}\p{Cf}]--[\n\t]]/gv, escaped)
}

/** The same in one line. */
export function inOneLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t")
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
