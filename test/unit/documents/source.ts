/** A document written in the test at the indentation of the code: the first line's indentation is taken off all. */
export function source(strings: TemplateStringsArray, ...values: readonly string[]): string {
  const text = String.raw({ raw: strings.raw.map(unescaped) }, ...values)
    .replace(/^\n/, "")
    .replace(/\n[ ]*$/, "\n")
  const indent = /^ */.exec(text)?.[0] ?? ""
  return text
    .split("\n")
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
    .join("\n")
}

function unescaped(raw: string): string {
  return raw.replaceAll("\\t", "\t").replaceAll("\\r", "\r").replaceAll("\\\\", "\\")
}
