/**
 * What must not be read in the words of another program, whoever prints it. The first that fits a place counts; what was
 * taken out by one is not looked at by the next.
 */
const unreadable: readonly (readonly [RegExp, string])[] = [
  // Keys in PEM, cut off ones too.
  [/-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|ENCRYPTED)[A-Z0-9 ]*-----[\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g, "[secret]"],
  // Addresses with somebody's password in them, which may hold an `@` and a slash.
  [/(\b[\w+.-]{1,40}:\/\/[^\s:/@"'`[]{0,300}):[^\s"'`]{0,1000}@/g, "$1:[secret]@"],
  [/(\b[\w+.-]{1,40}:\/\/[^\s:/@"'`[]{0,300}):(?=[^\s"'`/]{0,1000}[^\s"'`/\d*])[^\s"'`]*/g, "$1:[secret]"],
  // What proves somebody's identity in HTTP.
  [
    /\b(bearer|basic)[ \t]+(?!\[secret\]|(?:auth|authentication|tokens?|is|was|has|from|type|not|for|in|of|the)\b)[\w.~+/=-]{3,}/gi,
    "$1 [secret]",
  ],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?[ \t]*[:=])[ \t]*(?!\S+ \[secret\])[^\r\n]*/gi, "$1$2 [secret]"],
]

/** Names of keys, options and parameters whose value is secret. */
const secretName =
  "[\\w.-]*(?:secret|passw(?:or)?d|passwd|passphrase|pepper|credential|api[_-]?key|private[_-]?key|signing[_-]?key|macaroon|token|pgpass)[\\w.-]*"

/** Tokens of Synapse and MAS, password hashes, signed tokens, long keys, e-mail addresses and phone numbers. */
const tellTale: readonly (readonly [RegExp, string])[] = [
  [/\$(2[aby]|argon2\w*|pbkdf2\S*)\$[^\s"',)]*/g, "[password hash]"],
  [/\b(syt|syr|mat|mar|mct|mcr|mpt)_[A-Za-z0-9_]+/g, "$1_[secret]"],
  [/(?<![\w-])ey[\w-]+\.[\w-]+\.[\w-]+/g, "[signed token]"],
  [/\bMDA[\w-]{20,}/g, "[macaroon]"],
  [/(?<!sha256:)\b[0-9a-f]{64,}\b/gi, "[secret]"],
  [/(?<![\w.+-])[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "[e-mail]"],
  [/\+?\b\d{9,15}\b/g, "[number]"],
]

const harmless = /^(?:yes|no|on|off|true|false|null|~|y|n)?$/i

/**
 * Another program's text as it may be kept and shown: the one place that all of it passes. A program quotes what it was
 * given, so known secrets go first, in every form in which one is printed; then what looks like one, wherever it stands.
 */
export function quoted(text: string, secrets: Iterable<string> = []): string {
  let covered = coverKnown(text, secrets)
  covered = coverValues(covered)
  for (const [pattern, instead] of unreadable) covered = covered.replace(pattern, instead)
  covered = coverScalars(covered)
  for (const [pattern, instead] of tellTale) covered = covered.replace(pattern, instead)
  return covered
}

/** The longest first: one may be a part of another. Three characters are in every text. */
function coverKnown(text: string, secrets: Iterable<string>): string {
  const forms = new Set([...secrets].flatMap(formsOf).filter((form) => form.length > 3))
  return [...forms].sort((a, b) => b.length - a.length).reduce((left, form) => left.replaceAll(form, "[secret]"), text)
}

/** As it is, line by line, and as JSON, Rust, Python, YAML, URLs, a shell and base64 write it. */
function formsOf(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1)
  const url = encodeURIComponent(secret)
  const lines = secret.split(/\r?\n/).map((line) => line.trim())
  return [
    secret,
    secret.trim(),
    ...(lines.length > 1 ? lines.filter((line) => line.length > 3) : []),
    escaped,
    escaped.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    secret.replaceAll("'", "''"),
    secret.replace(/[\\']/g, "\\$&"),
    url,
    url.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`),
    url.replaceAll("%20", "+"),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
  ]
}

/**
 * `password: x`, `"token": "x"`, `--secret x`, `PGPASSWORD=x`: the value to its end, over line breaks where quotes or a
 * block scalar's indent reach over them; without quotes, to the end of its line, since blanks and commas may be its own.
 */
function coverValues(text: string): string {
  const named = new RegExp(`(\\\\*["']?)(?<![\\w.-])(${secretName})\\1([ \\t]*[:=][ \\t]*|[ \\t]+)`, "gi")
  let covered = ""
  let at = 0
  for (const match of text.matchAll(named)) {
    const [whole, , name = "", between = ""] = match
    const isOption = name.startsWith("-")
    const isNone = !isOption && between.trim() === ""
    if (match.index < at || isNone || /_?(?:path|file|files|type|method|enabled|lifetime)$/i.test(name)) continue
    const begin = match.index + whole.length
    const end = endOfValue(text, begin, match.index, isOption || between.includes("="))
    if (harmless.test(text.slice(begin, end).trim())) continue
    covered += `${text.slice(at, begin)}[secret]`
    at = end
  }
  return covered + text.slice(at)
}

function endOfValue(text: string, begin: number, key: number, isWord: boolean): number {
  const rest = text.slice(begin)
  const quotes = /^(?:"(?:[^"\\]|\\[\s\S])*(?:"|$)|'(?:[^'\\]|''|\\[\s\S])*(?:'|$))/.exec(rest)
  if (quotes) return begin + quotes[0].length
  if (/^[|>][-+\d]*[ \t]*(?:#.*)?(?:\r?\n|$)/.test(rest) || /^[ \t]*\r?\n/.test(rest))
    return endOfBlock(text, begin, key)
  const line = isWord ? /^[^\s&]*/.exec(rest) : /^[^\r\n]*/.exec(rest)
  return begin + (line?.[0].length ?? 0)
}

/** The lines below that are further in than the key's own; in front of it there may be what a program marks lines with. */
function endOfBlock(text: string, begin: number, key: number): number {
  const column = key - (text.lastIndexOf("\n", key) + 1)
  let end = text.indexOf("\n", begin)
  while (end !== -1) {
    const next = text.indexOf("\n", end + 1)
    const line = text.slice(end + 1, next === -1 ? undefined : next)
    if (line.trim() !== "" && line.search(/\S/) <= column && !/^\s*\d*\s*\|/.test(line)) return end
    end = next
  }
  return text.length
}

/** A scalar of the wrong type, as serde and figment quote it: nobody knows of which key, and it may be a secret. */
function coverScalars(text: string): string {
  const scalar =
    /\b((?:unsigned int|signed int|integer|float|floating point|string|str|character|char|bytes?)(?: array)? )(`[^`]*`|"(?:[^"\\]|\\[\s\S])*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$))/g
  return text.replace(scalar, (whole, kind: string, value: string) =>
    harmless.test(value.slice(1, -1)) ? whole : `${kind}[secret]`,
  )
}
