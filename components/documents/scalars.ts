import type { Dialect } from "./dialects.ts"
import type { JsonValue } from "./json-value.ts"

/** What a plain scalar means that JSON has no word for, such as a date: equal to nothing that we would write. */
function beyondJson(kind: string, text: string): JsonValue {
  return { $yaml: kind, text }
}

/** What a plain (unquoted) scalar means to the reader. */
export function resolvePlain(text: string, dialect: Dialect): JsonValue {
  if (text === "" || /^(?:~|null|Null|NULL)$/.test(text)) return null
  return dialect === "yaml11" ? resolveYaml11(text) : resolveYaml12(text)
}

/** The patterns are those of PyYAML 6.0.3, yaml/resolver.py. */
function resolveYaml11(text: string): JsonValue {
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return true
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return false
  if (text === "<<" || text === "=") return beyondJson(text === "<<" ? "merge" : "value", text)
  if (timestamp.test(text)) return beyondJson(isTimestamp(text) ? "timestamp" : "no timestamp", text)
  if (int11.test(text)) return exact(text, yaml11Int)
  if (float11.test(text)) return finite(yaml11Float(text), text)
  return text
}

const int11 =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const float11 =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const timestamp =
  /^(?:\d{4}-\d\d-\d\d|(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.\d*)?(?:[ \t]*(?:Z|[-+](\d\d?)(?::(\d\d))?))?)$/

/** Whether there is such a day and time: PyYAML fails on `2024-02-30` and does not say where. */
function isTimestamp(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (text.match(/\d+/g) ?? []).map(Number)
  const [, zoneHour = "0", zoneMinute = "0"] = /[-+](\d\d?)(?::(\d\d))?$/.exec(text.slice(11)) ?? []
  const date = new Date(Date.UTC(2000, month - 1, day))
  date.setUTCFullYear(year, month - 1, day)
  const isDay = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  const isZone = Number(zoneHour) * 60 + Number(zoneMinute) < 24 * 60
  return isDay && hour < 24 && minute < 60 && second < 60 && isZone
}

function yaml11Int(digits: string): bigint | undefined {
  if (digits.includes(":")) return digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  if (/^0[0-9]/.test(digits)) return BigInt(`0o${digits.slice(1)}`)
  return digits === "0b" || digits === "0x" ? undefined : BigInt(digits)
}

function yaml11Float(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1
  const digits = text.replace(/^[-+]/, "").replaceAll("_", "")
  return sign * (digits.includes(":") ? sexagesimal(digits) : Number(digits))
}

/** From the last part on, as PyYAML does: the order decides on the last bit of a fraction. */
function sexagesimal(digits: string): number {
  let [sum, base] = [0, 1]
  for (const part of digits.split(":").reverse()) {
    sum += Number(part) * base
    base *= 60
  }
  return sum
}

/**
 * As MAS's reader takes them (serde_yaml 0.9; each seen with MAS 1.22): the core schema, but `010` is a text, `0b11` and
 * `+0x1F` are numbers, and what is too great for a float is a text.
 */
function resolveYaml12(text: string): JsonValue {
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?0[0-9]+$/.test(text)) return text
  if (/^[-+]?(?:[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+)$/.test(text)) return exact(text, BigInt)
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) {
    return Number.isFinite(Number(text)) ? Number(text) : text
  }
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text)) return beyondJson("float", text)
  return text
}

function finite(number: number, text: string): JsonValue {
  return Number.isFinite(number) ? number : beyondJson("float", text)
}

/** A whole number that JSON's readers would round is one that JSON cannot say. */
function exact(text: string, read: (digits: string) => bigint | undefined): JsonValue {
  if (text.length > longestNumber) return beyondJson("no int", text)
  const size = read(text.replace(/^[-+]/, "").replaceAll("_", ""))
  if (size === undefined) return beyondJson("no int", text)
  const number = Number(text.startsWith("-") ? -size : size)
  const isExact = Number.isFinite(number) && BigInt(Math.abs(number)) === size
  return isExact ? number : beyondJson("int", text)
}

/** Python refuses to read numbers of more than 4,300 digits. */
const longestNumber = 4000

/** What a scalar with a tag as it is written means, such as `!!str 5`. */
export function resolveTagged(tag: string, text: string, dialect: Dialect): JsonValue {
  if (tag === "!!str") return text
  return fitsTag(tag, text, dialect) ? resolvePlain(text, dialect) : beyondJson(tag, text)
}

/** Whether a scalar of that tag is read as what it looks like. */
export function fitsTag(tag: string, text: string, dialect: Dialect): boolean {
  if (tag === "!!str") return true
  const value = resolvePlain(text, dialect)
  if (tag === "!!null") return value === null
  if (tag === "!!bool") return typeof value === "boolean"
  if (tag === "!!int") return typeof value === "number" && !text.includes(".") && !/^[-+]?[0-9]+[eE]/.test(text)
  return (
    tag === "!!float" &&
    typeof value === "number" &&
    /^[-+]?(?:0|[1-9][0-9]*)$|[.:eE]/.test(text) &&
    !/^[-+]?0[xob]/.test(text)
  )
}

/**
 * Whether a string may stand without quotes: no reader that we know, YAML 1.1 or 1.2, takes it for anything else.
 * Careful on purpose: what is quoted without need is read rightly by all.
 */
export function isSafePlain(text: string, inFlow: boolean): boolean {
  if (!/^[A-Za-z0-9_/.$(\p{L}]/u.test(text) || !/^[\p{L}\p{N} !-~]*$/u.test(text)) return false
  if (/:(?: |$)| #|^\.{3}| $/.test(text)) return false
  if (inFlow && /[,[\]{}:?]/.test(text)) return false
  if (/^(?:y|n|yes|no|on|off|true|false|null|nan|inf|infinity)$/i.test(text)) return false
  if (/^[0-9.]/.test(text) && looksNumeric(text)) return false
  return resolvePlain(text, "yaml11") === text && resolvePlain(text, "yaml12") === text
}

function looksNumeric(text: string): boolean {
  return /^[0-9._:]*(?:[eE][-+]?[0-9_]*)?$|^0[xob][0-9a-f_]*$|^\.(?:inf|nan)$|^\d{4}-\d/i.test(text)
}
