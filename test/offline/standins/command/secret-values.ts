// How the engine marks a secret on the wire (Pulumi's sdk/proto, "special signature").
const signature = "4dabf18193072939515e22adb298388d"
const secretSignature = "1b47061264138c4ac30d75fd1eb44270"

/** A value without the marks that say "secret", at every depth. */
export function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped)
  if (!isObject(value)) return value
  if (isSecret(value)) return unwrapped(value.value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]))
}

/** Whether anything in the value, at any depth, is a secret. */
export function holdsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSecret)
  return isObject(value) && (isSecret(value) || Object.values(value).some(holdsSecret))
}

export function asSecret(value: string): object {
  return { [signature]: secretSignature, value }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null
}

function isSecret(value: Record<string, unknown>): boolean {
  return value[signature] === secretSignature
}
