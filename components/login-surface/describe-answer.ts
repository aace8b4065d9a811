import type { Answered } from "./rule.ts"

const shownCharacters = 60

/** An answer in one line: status, content type, where it redirects to, and the first words of its body. */
export function describeAnswer({ status, headers, text }: Answered): string {
  const { location } = headers
  const parts = [
    `HTTP ${status}`,
    ...(headers["content-type"] === undefined ? [] : [shorten(headers["content-type"])]),
    ...(location === undefined ? [] : [`to ${withoutQuery(shorten(location))}`]),
  ]
  // Of a HEAD, the length tells that there is something.
  if (text === "")
    return [...parts, ...(Number(headers["content-length"] ?? 0) > 0 ? [] : ["nothing in it"])].join(", ")
  return `${parts.join(", ")}${firstWords(text)}`
}

function firstWords(text: string): string {
  const words = shorten(text.slice(0, 4096).replace(/<!--.*?-->|<(style|script)\b.*?<\/\1>|<[^>]*>/gis, " "))
  return words === "" ? "" : `: "${words}"`
}

/** Without what may be a secret, on one line, without what a terminal or a CI runner would obey. */
function shorten(text: string): string {
  const plain = text
    .slice(0, 4096)
    .replace(
      /((?:password|secret|token|authorization|bearer|cookie)\w*["']?\s*[:=]?\s*["']?)[\w.~+/=-]{6,}/gi,
      hideAfter,
    )
    .replace(/[\w.~+/=-]{20,}/g, hideKeys)
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, asEscape)
    .replaceAll("::", ": :")
    .trim()
  return plain.length > shownCharacters ? `${plain.slice(0, shownCharacters)}…` : plain
}

function hideAfter(_: string, name: string): string {
  return `${name}[secret]`
}

/** Long words of letters and digits are keys more often than words. */
function hideKeys(word: string): string {
  return /\d/.test(word) && /[a-z]/i.test(word) && !/^\/|:\/\//.test(word) ? "[secret]" : word
}

function asEscape(sign: string): string {
  return `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*/, "")
}
