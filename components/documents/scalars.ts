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
  if (timestamp.test(text)) return beyondJson("timestamp", text)
  if (int11.test(text)) return finite(yaml11Int(text), text)
  if (float11.test(text)) return finite(yaml11Float(text), text)
  return text
}

const int11 =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const float11 =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const timestamp =
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/

function yaml11Int(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1
  const digits = text.replace(/^[-+]/, "").replaceAll("_", "")
  if (digits.includes(":")) return sign * sexagesimal(digits)
  if (/^0[0-9]/.test(digits)) return sign * Number.parseInt(digits, 8)
  return sign * (digits === "0b" || digits === "0x" ? Number.NaN : Number(digits))
}

function yaml11Float(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1
  const digits = text.replace(/^[-+]/, "").replaceAll("_", "")
  return sign * (digits.includes(":") ? sexagesimal(digits) : Number(digits))
}

function sexagesimal(digits: string): number {
  return digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** The core schema, YAML 1.2.2 section 10.3.2. */
function resolveYaml12(text: string): JsonValue {
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/.test(text)) return finite(Number(text.replace(/^\+/, "")), text)
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return finite(Number(text), text)
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text)) return beyondJson("float", text)
  return text
}

function finite(number: number, text: string): JsonValue {
  return Number.isFinite(number) ? number : beyondJson("float", text)
}

/** What a scalar with an explicit tag means, such as `!!str 5`. */
export function resolveTagged(tag: string, text: string, dialect: Dialect): JsonValue {
  if (tag === "!" || tag === "tag:yaml.org,2002:str") return text
  const core = /^tag:yaml\.org,2002:(bool|int|float|null)$/.exec(tag)
  const value = resolvePlain(text, dialect)
  return core && typeof value !== "string" ? value : beyondJson(tag, text)
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
