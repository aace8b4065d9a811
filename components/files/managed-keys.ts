import { type Absent, absent, isAbsent, isList, isMap, type JsonValue, sameValue } from "../documents/json-value.ts"
import { parseKeyPath } from "../documents/key-path.ts"
import { usualSecretNames } from "../documents/masking.ts"
import { visible } from "../report/visible.ts"

/** A key that we want in somebody else's document. */
export interface WantedKey {
  /** In the documents engine's syntax: `matrix.secret`, `clients[client_id=01AB…].redirect_uris`. */
  readonly path: string
  readonly value: JsonValue | Absent
  /** The same in other words: what may stand there instead, and mean the same. Default: nothing else may. */
  readonly means?: (live: JsonValue) => boolean
  /** Given for a value that nobody may see: what is shown in its place. */
  readonly secret?: { readonly right: string; readonly wrong: string }
}

/** Managed keys as people see them, in preview and in the state: no secret, and a word where there is nothing. */
export type ShownKeys = Readonly<Record<string, JsonValue>>

const nothing = "(absent)"
const covered = "[secret]"

/** The managed keys as `live` has them, in the form for people. */
export function showKeys(
  paths: readonly string[],
  live: Readonly<Record<string, JsonValue | Absent>>,
  wanted: readonly WantedKey[],
): ShownKeys {
  const byPath = new Map(wanted.map((key) => [key.path, key]))
  return Object.fromEntries(paths.map((path) => [path, showKey(path, live[path] ?? absent, byPath.get(path))]))
}

/** A key whose value stands there in other words is fine as it stands. */
export function asItMayStand(key: WantedKey, live: JsonValue | Absent | undefined): WantedKey {
  if (live === undefined || isAbsent(live) || isAbsent(key.value)) return key
  return key.means?.(live) === true ? { ...key, value: live } : key
}

/** Whether two addresses are the same one, however they are written: `http://mas:8080` and `http://mas:8080/`. */
export function sameAddress(wanted: string): (live: JsonValue) => boolean {
  return (live) => typeof live === "string" && URL.canParse(live) && new URL(live).href === new URL(wanted).href
}

function showKey(path: string, live: JsonValue | Absent, wanted: WantedKey | undefined): JsonValue {
  if (isAbsent(live)) return nothing
  if (wanted === undefined && typeof live === "string" && isSecretName(lastKey(path))) return covered
  if (wanted?.secret === undefined) return coverSecrets(wanted?.means?.(live) ? (wanted.value as JsonValue) : live)
  const isRight = !isAbsent(wanted.value) && sameValue(live, wanted.value)
  return isRight ? wanted.secret.right : wanted.secret.wrong
}

/** Whole sections may be taken out (providers with their client's secret): what is secret below is not shown. */
function coverSecrets(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(coverSecrets)
  if (typeof value === "string") return visible(value)
  if (!isMap(value)) return value
  const entries = Object.entries(value)
  const shown = (key: string, part: JsonValue) => (isSecretName(key) && !isMap(part) ? covered : coverSecrets(part))
  return Object.fromEntries(entries.map(([key, part]) => [key, shown(key, part)]))
}

function isSecretName(key: string): boolean {
  return usualSecretNames.some((pattern) => pattern.test(key))
}

function lastKey(path: string): string {
  const last = parseKeyPath(path).at(-1)
  return typeof last === "string" ? last : ""
}

/** A line for each key that is to change: `password_config.enabled: true → false`. Those in `but` are left out. */
export function changesForPeople(before: ShownKeys, after: ShownKeys, but: ShownKeys = {}): string[] {
  return Object.entries(after)
    .filter(([path]) => !(path in but))
    .filter(([path, value]) => !sameValue(before[path] ?? nothing, value))
    .map(([path, value]) => `${path}: ${keyInWords(before[path])} → ${keyInWords(value)}`)
}

/** A value as it stands in a line; nothing, where there is none. A text that looks like something else is in quotes. */
export function keyInWords(value: JsonValue | undefined): string {
  if (value === undefined) return nothing
  return typeof value === "string" && !looksLikeNoText.test(value) ? value : JSON.stringify(value)
}

const looksLikeNoText = /^(?:true|false|yes|no|on|off|null|~|[-+.\d]+|)$/i
