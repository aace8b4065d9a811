import type { Choices } from "./choices.ts"

const plains = [
  ...[
    "word",
    "1",
    "0",
    "-1",
    "+1",
    "01",
    "0o17",
    "0b11",
    "0x1F",
    "0x",
    "0b",
    "1_000",
    "_1",
    "08",
    "-0",
    "00",
    "1e5",
    "1.5e3",
  ],
  ...[
    "1.5e+3",
    "1.",
    ".5",
    "-.5",
    "+.5",
    ".",
    "-",
    "..",
    "1.2.3",
    "1:30",
    "190:20:30",
    "1:60",
    "1:30.5",
    "-1:30",
    "0:0",
    "1_0:30",
  ],
  ...[
    "true",
    "True",
    "TRUE",
    "tRue",
    "yes",
    "Yes",
    "y",
    "n",
    "no",
    "on",
    "Off",
    "off",
    "~",
    "null",
    "Null",
    "nULL",
    "NULL",
  ],
  ...[
    ".inf",
    "-.inf",
    "+.INF",
    ".nan",
    ".NaN",
    "+.nan",
    "2024-01-01",
    "2024-13-45",
    "2024-1-1",
    "2024-01-01T10:00:00Z",
  ],
  ...[
    "2024-01-01 10:00:00.5 +01:00",
    "2024-01-01 10:00",
    "9007199254740993",
    "12345678901234567890123",
    "1e400",
    "-1e400",
  ],
  ...[
    "<<",
    "=",
    "a:b",
    "a#b",
    "a: b",
    "a #b",
    "-x",
    "?x",
    ":x",
    "- x",
    "? x",
    ": x",
    "%x",
    "@x",
    "`x",
    "!x",
    "x!",
    "x&y",
    "x*y",
  ],
  ...[
    "{",
    "}",
    "[",
    "]",
    ",",
    "a,b",
    "a]b",
    "a}b",
    "|",
    ">",
    "'",
    '"',
    "a'b",
    'a"b',
    "\\",
    "a\\nb",
    "http://x:80/y?z#w",
    "---",
  ],
  ...[
    "--- x",
    "...",
    "...x",
    "é",
    "\u00A0",
    "😀",
    "a\tb",
    "a:\tb",
    "0xfg",
    "0x_1",
    "1__0",
    "1e",
    "e1",
    "infinity",
    "NaN",
    "+12e03",
  ],
  ...[
    "00.5",
    "1.e+5",
    "1.5E+3",
    "0.1",
    "123456789012345680000",
    "5e-324",
    "0777",
    "0o8",
    "-0x1",
    "+0b1",
    "1,000",
    "12e03",
    "1E5",
  ],
  ...[
    "x".repeat(1100),
    "2024-02-30",
    "0000-00-00",
    "2024-01-01 25:00:00",
    "2024-01-01t1:00:00z",
    "~x",
    "?",
    ":",
    "-1_0",
    "0_7",
  ],
]

/** A plain scalar, rarely over several lines. */
export function plain(choices: Choices, indent: string): string {
  const first = choices.pick(plains)
  if (!choices.chance(8)) return first
  const middle = choices.rarely(3, ["\n", "\n\n", "\n  \n", " # c\n", "\n# c\n", "\n\t\n"])
  return `${first}${middle}${indent}${choices.rarely(3, ["  ", " ", "", "\t", "    "])}${choices.pick(plains)}`
}

const escapes = [
  "\\n",
  "\\t",
  "\\x41",
  "\\u00e9",
  "\\U0001F600",
  "\\ud83d\\ude00",
  "\\/",
  "\\_",
  "\\N",
  "\\L",
  "\\P",
  "\\e",
  "\\0",
]
const oddEscapes = [
  "\\'",
  "\\q",
  "\\x4",
  "\\U00110000",
  "\\ ",
  "\\\t",
  '\\"',
  "\\\\",
  "\\a",
  "\\b",
  "\\v",
  "\\f",
  "\\r",
  "\\ud800",
]

/** A scalar in single or double quotes, rarely over several lines, with blank ones between them. */
export function quoted(choices: Choices, indent: string): string {
  const quote = choices.pick(["'", '"'])
  const bits = ["a", " ", "b c", "#", ": ", "é", "\t", "''", "---", "{", ",", "%", "1", "yes", "<<"]
  const deep = indent + choices.rarely(3, ["  ", " ", "", "\t", "    "])
  const breaks = [
    `\n${deep}`,
    `\n\n${deep}`,
    ` \n${deep}`,
    `\n  \n${deep}`,
    `\n\t\n${deep}`,
    `\n\n\n${deep}`,
    `\t\n${deep}`,
  ]
  let text = ""
  for (let size = choices.below(5); size > 0; size--) {
    if (choices.chance(4)) text += quote === '"' && choices.chance(3) ? `\\\n${deep}` : choices.pick(breaks)
    else if (quote === '"' && choices.chance(3)) text += choices.pick(choices.chance(4) ? oddEscapes : escapes)
    else text += choices.pick(bits)
  }
  if (quote === '"') return `"${text.replaceAll("''", "'")}"`
  return `'${text}'`
}

/** A block scalar with any header, with its lines, and the last of them blank as often as not. */
export function blockScalar(choices: Choices, indent: string): string {
  const digits = choices.chance(3) ? String(1 + choices.below(choices.chance(6) ? 9 : 4)) : ""
  const chomp = choices.pick(["", "-", "+"])
  const order = choices.chance(2) ? digits + chomp : chomp + digits
  const header = `${choices.pick(["|", ">"])}${order}${choices.rarely(10, ["\n", " # c\n", "  \n", "#c\n", "\t\n", " x\n"])}`
  const step = digits === "" ? choices.rarely(5, [2, 1, 4, 3]) : choices.rarely(8, [Number(digits), 2, 0])
  const deep = indent + " ".repeat(step)
  const lines = [
    "text",
    " more",
    "# no comment",
    "key: value",
    "- dash",
    "\ttab",
    "   far",
    "end  ",
    "😀",
    "---",
    "...",
    "%x",
    "'",
    "é",
  ]
  const blanks = ["", " ", deep, `${deep} `, `${deep}   `, "\t", `${deep}\t`, indent, `${deep}  \t`]
  let text = header
  for (let size = choices.below(3); size > 0; size--) if (choices.chance(3)) text += `${choices.pick(blanks)}\n`
  for (let size = choices.below(5); size > 0; size--) {
    text += choices.chance(4) ? `${choices.pick(blanks)}\n` : `${deep}${choices.pick(lines)}\n`
  }
  for (let size = choices.below(3); size > 0; size--) text += `${choices.pick(blanks)}\n`
  return text + choices.rarely(8, ["", `${indent}# c\n`, "# c\n", `${deep}# text\n`, ` ${indent}# c\n`])
}

/** A list or map in brackets or braces, or a scalar within one. */
export function flowValue(choices: Choices, indent: string, depth: number): string {
  const spread = choices.chance(4)
  const gap = () => {
    const lines = [
      `\n${indent}  `,
      ` # c\n${indent}  `,
      `\n\n${indent} `,
      `\n${indent}`,
      "\n",
      ` # c\n`,
      `\n\t${indent}`,
    ]
    return spread ? choices.rarely(3, lines) : choices.rarely(6, ["", " ", "  ", "\t"])
  }
  const isMap = choices.chance(2)
  const parts: string[] = []
  for (let size = choices.below(4); size > 0; size--) {
    parts.push(
      gap() + (isMap || choices.chance(5) ? pair(choices, indent, depth) : item(choices, indent, depth)) + gap(),
    )
  }
  const tail = choices.rarely(6, ["", ",", ", ", ",,"])
  return `${isMap ? "{" : "["}${parts.join(",")}${tail}${isMap ? "}" : "]"}`
}

function pair(choices: Choices, indent: string, depth: number): string {
  const odd = [
    "'q'",
    '"d"',
    "<<",
    "[a]",
    "{a: b}",
    choices.hasAnchors ? `*${choices.alias()} ` : "g",
    `&${choices.anchor()} f`,
    "? f",
    "",
    "1",
    "true",
    "a b",
    "!!str f",
  ]
  const key = choices.rarely(4, [`f${choices.count()}`, ...odd])
  const colon = choices.rarely(4, [": ", ":", " : ", "", ":\n", " :"])
  return `${key}${colon}${colon === "" || choices.chance(8) ? "" : item(choices, indent, depth)}`
}

function item(choices: Choices, indent: string, depth: number): string {
  const kind = choices.below(depth < 3 ? 8 : 5)
  const props = choices.rarely(12, ["", `&${choices.anchor()} `, "!!str ", "! ", "!x ", "!!int "])
  if (kind < 2)
    return (
      props +
      choices.pick([
        "word",
        "1",
        "a:b",
        "yes",
        "x y",
        "a#b",
        "-x",
        "?x",
        ":x",
        "-",
        "http://x/",
        "<<",
        "01",
        "~",
        "1.5",
      ])
    )
  if (kind === 2) return props + quoted(choices, indent)
  if (kind === 3 && choices.hasAnchors) return `*${choices.alias()}${choices.rarely(3, [" ", ""])}`
  if (kind === 4) return props + plain(choices, `${indent}  `)
  return props + flowValue(choices, indent, depth + 1)
}
