/** A block of a page that people type, and what the page says that one sees then. */
export interface Commands {
  /** `2.1`: the first one of the section whose heading begins with `2.`; `0.1` stands before all sections. */
  readonly name: string
  readonly text: string
  /** Lines that are seen, in this order, others in between; `…` stands for any text. */
  readonly seen: readonly string[]
}

/** Every fenced `sh` block of a page, in order, with the `text` block that follows it, if one does before the next. */
export function commandsIn(page: string): readonly Commands[] {
  const found: { name: string; text: string; seen: readonly string[] }[] = []
  let [section, nth] = ["0", 0]
  for (const [, number, language, text = ""] of page.matchAll(/^## (\d+)\.|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (number !== undefined) [section, nth] = [number, 0]
    else if (language === "sh") found.push({ name: `${section}.${++nth}`, text, seen: [] })
    else Object.assign(found.at(-1) ?? {}, { seen: text.trimEnd().split("\n") })
  }
  return found
}

/** The first line that a page shows and that is not to be seen in the output, in that order; `undefined`: all are. */
export function unseen(output: string, { seen }: Pick<Commands, "seen">): string | undefined {
  const lines = output.split("\n")
  let at = 0
  return seen.find((line) => {
    const pattern = new RegExp(line.trim().split("…").map(literally).join(".*"))
    const found = lines.findIndex((text, index) => index >= at && pattern.test(text))
    at = found + 1
    return found === -1
  })
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
}

/** A variable that is set on a page, and how. */
export interface Assignment {
  readonly name: string
  readonly value: string
}

const assignment = /(?<=^| )([A-Z_]+)=(\S+)/gm

/** The assignments of a block, comments left out. */
export function assignmentsIn(text: string): readonly Assignment[] {
  const plain = text.replaceAll(/ *#.*$/gm, "")
  return [...plain.matchAll(assignment)].map(([, name = "", value = ""]) => ({ name, value }))
}

/** The block with other values for its variables. One that is worked out there (`$(…)`) stays. */
export function withValues(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/ *#.*$/gm, "").replaceAll(assignment, (whole, name: string, value: string) => {
    if (value.startsWith("$(")) return whole
    if (values[name] === undefined) throw new Error(`nothing is known for ${name}`)
    return `${name}='${values[name]}'`
  })
}
