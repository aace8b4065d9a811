/** A mapping as it comes from YAML or JSON. */
export type Mapping = Readonly<Record<string, unknown>>

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** The config of this project as the engine hands it over, read but not judged. */
export interface RawConfig {
  readonly raw: Mapping
  /** Top-level keys with something encrypted in them. */
  readonly secretKeys: ReadonlySet<string>
}

/**
 * Reads what the engine gives a program: every value as text, structured ones as JSON, and the list of keys that hold
 * something encrypted. A key counts as a whole: one encrypted value beneath it is enough.
 *
 * @param values `pulumi.runtime.allConfig()`: keys with their namespace.
 * @param secretKeys the environment's `PULUMI_CONFIG_SECRET_KEYS`: a JSON list of such keys.
 */
export function decodeConfig(
  values: Readonly<Record<string, string>>,
  secretKeys: string | undefined,
  project: string,
): RawConfig {
  const prefix = `${project}:`
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix))
  const secret: unknown = secretKeys === undefined ? [] : JSON.parse(secretKeys)
  return {
    raw: Object.fromEntries(own.map(([key, text]) => [key.slice(prefix.length), decode(text)])),
    secretKeys: new Set(Array.isArray(secret) ? secret.map((key) => withoutPrefix(String(key), prefix)) : []),
  }
}

function withoutPrefix(key: string, prefix: string): string {
  return key.replace(":config:", ":").startsWith(prefix) ? key.replace(":config:", ":").slice(prefix.length) : key
}

/** Scalars stay text: what they mean is for the schema to say. */
function decode(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Lays one mapping over another, key by key; lists and scalars of `above` replace those of `beneath`. */
export function overlay(beneath: Mapping, above: Mapping): Mapping {
  // By entries: `__proto__` is a key like any other, which nobody knows.
  const merged = new Map<string, unknown>(Object.entries(beneath))
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key)
    merged.set(key, isMapping(under) && isMapping(value) ? overlay(under, value) : value)
  }
  return Object.fromEntries(merged)
}

/**
 * This project's part of a parsed `Pulumi.<stack>.yaml`, keys without namespace: `{secure: …}` stands for what is
 * encrypted. For `SettingsContext.stored`.
 */
export function storedConfig(file: unknown, project: string): Mapping {
  const config = isMapping(file) && isMapping(file.config) ? file.config : {}
  const prefix = `${project}:`
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]))
}
