/** homeserver.yaml as Synapse reads it (YAML 1.1): plain values, nothing of the text. */
export type Homeserver = Readonly<Record<string, unknown>>

export function isSection(value: unknown): value is Homeserver {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** The value at a path of keys; `undefined` where any of them is missing or no section. */
export function at(homeserver: Homeserver, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isSection(value) ? value[key] : undefined), homeserver)
}

/** What Synapse's `strtobool(str(value))` takes for true. */
export function isOn(value: unknown): boolean {
  return /^(y|yes|t|true|on|1)$/i.test(String(value))
}

/** Whether Synapse sees the block as enabled; the block wants a real boolean. */
export function isDelegated(homeserver: Homeserver): boolean {
  return at(homeserver, "matrix_authentication_service", "enabled") === true
}
