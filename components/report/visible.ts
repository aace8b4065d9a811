/**
 * The one place that texts of others pass on their way to a terminal or a log: names of accounts, values in files, lines of
 * a service's log may be anything.
 */

/**
 * The text without anything that a terminal or a CI's runner would obey. Line breaks and tabs stay. A runner of GitHub or
 * Forgejo obeys lines that begin with `::`, whatever blanks are before it, and `##[` anywhere; Azure's obeys `##vso[`.
 */
export function visible(text: string): string {
  return withoutCommands(text.replaceAll(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n\t]]/gv, escaped))
}

/** The same in one line. */
export function inOneLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t")
}

/** JSON as it may be printed, and still means the same. */
export function visibleJson(value: unknown, indentation?: number): string {
  const text = JSON.stringify(value, null, indentation)
  const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
      found === "\n" ? found : [...found.split("")].map(asEscape).join(""),
    )
    .replaceAll(/##(?=\[|vso\[)/gi, "#\\u0023")
}

function withoutCommands(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gmu, "$1\\u{3a}").replaceAll(/##(?=\[|vso\[)/gi, "#\\u{23}")
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
