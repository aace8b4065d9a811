import type { Answered } from "./rule.ts"

const shownCharacters = 60
const readCharacters = 4096

/** An answer in one line: status, content type, where it redirects to, and the first words of its body. */
export function describeAnswer({ status, headers, text }: Answered): string {
  const type = shorten(headers["content-type"] ?? "")
  const to = shorten(withoutQuery(headers.location ?? ""))
  const parts = [`HTTP ${status}`, ...(type === "" ? [] : [type]), ...(to === "" ? [] : [`to ${to}`])]
  // Of a HEAD, the length tells that there is something.
  const isEmpty = text === "" && Number(headers["content-length"] ?? 0) === 0
  // Two colons at the beginning of a line are a command to GitHub's runner.
  return [...parts, ...(isEmpty ? ["nothing in it"] : [])]
    .join(", ")
    .concat(firstWords(text))
    .replace(/:(?=:)/g, ": ")
}

function firstWords(text: string): string {
  const words = shorten(beginningOf(text).replace(/<!--.*?-->|<(style|script)\b.*?<\/\1>|<[^>]*>/gis, " "))
  return words === "" ? "" : `: "${words}"`
}

/** Without what may be a secret, on one line, without what a terminal would obey. */
function shorten(text: string): string {
  const plain = beginningOf(text)
    .replace(
      /((?:password|secret|token|authorization|bearer|cookie)\w*["']?\s*[:=]?\s*["']?)[\w.~+/=-]{6,}/gi,
      hideAfter,
    )
    .replace(/[\w~+=-]{16,}/g, hideKeys)
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, asEscape)
    .trim()
  return plain.length > shownCharacters ? `${plain.slice(0, shownCharacters)}…` : plain
}

/** Of a word that is cut off, nothing: it may be a secret. */
function beginningOf(text: string): string {
  return text.length <= readCharacters ? text : text.slice(0, readCharacters).replace(/\S+$/, "")
}

function hideAfter(_: string, name: string): string {
  return `${name}[secret]`
}

/** Long words of letters and digits are keys more often than words. */
function hideKeys(word: string): string {
  return /\d/.test(word) && /[a-z]/i.test(word) ? "[secret]" : word
}

function asEscape(sign: string): string {
  return `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*/, "")
}
