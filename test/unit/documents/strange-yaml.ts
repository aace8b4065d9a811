import fc from "fast-check"
import { Choices } from "./choices.ts"
import { blockScalar, flowValue, plain, quoted } from "./strange-values.ts"

/**
 * YAML as nobody would write it, valid or nearly so: everything of the syntax in odd places. A list of numbers decides,
 * so that fast-check shrinks a text by shrinking the list: 0 is always the plainest choice.
 */
export function strangeYaml(frame?: Frame): fc.Arbitrary<string> {
  return fc
    .array(fc.nat(9999), { minLength: 5, maxLength: 160, size: "max" })
    .map((numbers) => new Printer(numbers, frame).print())
}

/** What the text stands in, where its reader wants to see keys of its own: lines before it, and its indentation. */
export interface Frame {
  readonly before: string
  readonly indent: string
}

class Printer {
  private readonly choices: Choices

  private readonly frame: Frame | undefined

  constructor(numbers: readonly number[], frame: Frame | undefined) {
    this.choices = new Choices(numbers)
    this.frame = frame
  }

  print(): string {
    const { choices } = this
    const broken = choices.chance(4)
    const breaks = choices.rarely(12, ["\n", "\r\n", "\r\n", "\r"])
    const mark = choices.chance(14) ? "\uFEFF" : ""
    const head = choices.rarely(6, [
      "",
      "# head\n",
      "---\n",
      "--- # c\n",
      "%YAML 1.1\n---\n",
      "%YAML 1.2\n---\n",
      "\n\n",
    ])
    const odd =
      head !== ""
        ? ""
        : choices.rarely(30, [
            "",
            "%TAG ! tag:x,2000:\n---\n",
            "%FOO\n---\n",
            "...\n",
            "--- &r\n",
            "--- !!map\n",
            "%YAML 1.3\n---\n",
          ])
    const indent = this.frame?.indent ?? choices.rarely(20, ["", "  ", " "])
    const body = (this.frame?.before ?? "") + this.map(indent, 0)
    const tail = choices.rarely(8, ["", "# tail\n", "...\n", "... # c\n", "---\n", "   \n", "\n", "  # tail\n", "\t\n"])
    const text = `${head}${odd}${body}${tail}`
    const whole = mark + (choices.chance(6) ? text.replace(/\n$/, "") : text).replaceAll("\n", breaks)
    return broken ? this.damaged(whole) : whole
  }

  private map(indent: string, depth: number, first = indent): string {
    const size = 1 + this.choices.below(depth === 0 ? 7 : 3)
    let text = ""
    for (let at = 0; at < size; at++) {
      text += this.before(indent) + this.entry(at === 0 ? first : indent, indent, depth)
      if (depth === 0 || this.choices.chance(12)) this.choices.complete()
    }
    return text
  }

  private before(indent: string): string {
    const { choices } = this
    return choices.rarely(10, [
      "",
      "\n",
      "\n\n",
      `${indent}# c\n`,
      "# left\n",
      `${indent}    # right\n`,
      "  \n",
      choices.rarely(3, ["\n", "\t\n"]),
    ])
  }

  private entry(start: string, indent: string, depth: number): string {
    const { choices } = this
    const key = this.key()
    const gap = choices.rarely(20, [" ", "  ", "   ", "    ", choices.rarely(3, ["  ", "\t", " \t", ""])])
    const colon = choices.rarely(30, [":", " :", "  :", choices.rarely(3, [" :", "\t:"])])
    if (choices.chance(25))
      return `${start}? ${key}\n${choices.chance(3) ? "" : `${indent}:${gap}${this.value(indent, depth)}`}`
    if (choices.chance(12) && choices.hasAnchors) return `${start}<<: ${this.merged()}\n`
    const head = choices.chance(30) ? `${start}? ` : start
    return `${head}${key}${colon}${this.value(indent, depth, gap)}`
  }

  private key(): string {
    const { choices } = this
    const fresh = `k${choices.count()}`
    if (!choices.chance(5)) return fresh
    const alias = choices.hasAnchors ? `*${choices.alias()} ` : ""
    const props = choices.rarely(8, ["", `&${choices.anchor()} `, "!!str ", "! ", "!x ", alias])
    const keys = ["a", "b", "1", "1.0", "01", "true", "yes", "on", "~", "null", "'q'", '"d"', "=", "two words"]
    const odder = [
      "[a]",
      "{a: b}",
      "0x1",
      "1:30",
      "2024-01-01",
      "é",
      "k#",
      "k:x",
      "-k",
      "",
      "'it''s'",
      '"a\\tb"',
      "a, b",
      "<<",
    ]
    return props.startsWith("*")
      ? props
      : props + choices.pick([...keys, ...odder, `${"x".repeat(choices.pick([3, 1020, 1024, 1030]))}`])
  }

  private merged(): string {
    const { choices } = this
    const [one, other] = [choices.alias(), choices.alias()]
    return choices.rarely(2, [`*${one}`, `[*${one}, *${other}]`, `[*${one}]`, "{m: 1}", `[{m: 1}, *${one}]`, "[]", "1"])
  }

  /** All that stands behind the colon or dash, with its last line break. */
  private value(indent: string, depth: number, gap = " "): string {
    const { choices } = this
    const props = this.props()
    const after = choices.rarely(8, [
      "\n",
      " # c\n",
      "  # c: d\n",
      " \n",
      "\n\n",
      "\n  \n",
      choices.rarely(3, ["\n", "#no\n", "\t# c\n"]),
    ])
    const kind = choices.below(depth < 4 ? 12 : 7)
    if (kind < 2) return `${gap}${props}${plain(choices, indent)}${after}`
    if (kind === 2) return `${gap}${props}${quoted(choices, indent)}${after}`
    if (kind === 3) return `${gap}${props}${flowValue(choices, indent, 0)}${after}`
    if (kind === 4) return `${gap}${props}${blockScalar(choices, indent)}`
    if (kind === 5 && choices.hasAnchors) return `${gap}${choices.chance(6) ? props : ""}*${choices.alias()}${after}`
    if (kind === 5 || kind === 6) return `${choices.chance(3) ? gap + props.trimEnd() : ""}${after}`
    return this.below(indent, depth, props === "" ? "" : `${gap}${props.trimEnd()}`)
  }

  private below(indent: string, depth: number, props: string): string {
    const { choices } = this
    const after = choices.rarely(8, ["\n", " # c\n", " \n", "\n\n", "\n# c\n"])
    if (props === "" && choices.chance(3)) props = ` &${choices.anchor()}`
    if (choices.chance(2)) return `${props}${after}${this.list(indent + choices.rarely(3, ["", "  ", " "]), depth + 1)}`
    const step = choices.rarely(6, ["  ", " ", "    ", "   ", ""])
    return `${props}${after}${this.map(indent + step, depth + 1)}`
  }

  private list(indent: string, depth: number): string {
    const { choices } = this
    const size = 1 + choices.below(3)
    let text = ""
    for (let at = 0; at < size; at++) {
      const gap = choices.rarely(20, [" ", "   ", "\t"])
      const inner = indent + " ".repeat(1 + gap.length)
      const compact = choices.chance(4)
      const nested = choices.chance(12) && depth < 4
      if (nested) text += `${this.before(indent)}${indent}-${gap}${this.list(inner, depth + 1).replace(/^[ ]*/, "")}`
      else if (compact) text += `${this.before(indent)}${indent}-${gap}${this.map(inner, depth + 1, "")}`
      else text += `${this.before(indent)}${indent}-${this.value(indent, depth, gap)}`
    }
    return text
  }

  private props(): string {
    const { choices } = this
    if (!choices.chance(6)) return ""
    const tags = [
      "!!str",
      "!!int",
      "!!float",
      "!!bool",
      "!!null",
      "!!map",
      "!!seq",
      "!!set",
      "!!binary",
      "!!timestamp",
      "!",
    ]
    const odd = [
      "!x",
      "!<tag:yaml.org,2002:str>",
      "!<x>",
      "!e!x",
      "!!python/none",
      "!!merge",
      "!!omap",
      "!!value",
      "!x%21",
      "!!",
    ]
    const anchor = `&${choices.anchor()}`
    const tag = choices.chance(3) ? choices.pick(odd) : choices.pick(tags)
    return choices.rarely(3, [`${anchor} `, `${tag} `, `${anchor} ${tag} `, `${tag} ${anchor} `, `${anchor} &z `])
  }

  /** One or two slips of the pen. */
  private damaged(text: string): string {
    const { choices } = this
    const bits = [
      " ",
      "\n",
      "\t",
      ":",
      "- ",
      "#",
      " #",
      "'",
      '"',
      ",",
      "[",
      "]",
      "{",
      "}",
      "&a",
      "*a",
      "!",
      "|",
      ">",
      "?",
      "%",
      "@",
      "`",
      "\\",
    ]
    const rare = [
      "\u0085",
      "\u2028",
      "\u2029",
      "\uFEFF",
      "\u0000",
      "\u007F",
      "\u00A0",
      "---\n",
      "...\n",
      ": ",
      "? ",
      "<<: *a\n",
      "\r",
      "😀",
      "\uD800",
    ]
    const from = this.frame ? text.indexOf("  data:") + this.frame.indent.length : 0
    let now = text
    for (let slips = 1 + choices.below(2); slips > 0; slips--) {
      const at = from + choices.below(now.length + 1 - from)
      const kind = choices.below(4)
      if (kind === 0) now = now.slice(0, at) + now.slice(at + 1)
      else if (kind === 3) now = now.slice(0, at) + now.slice(at + 1 + choices.below(6))
      else now = now.slice(0, at) + choices.pick(choices.chance(4) ? rare : bits) + now.slice(at)
    }
    return now
  }
}
