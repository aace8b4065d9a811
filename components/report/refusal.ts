import type { RefusalCode } from "./codes.ts"

/** Where something was found or happened. Every part is optional; give all that is known. */
export interface Place {
  /** Name of the host, as `Host.name` has it. */
  readonly host?: string
  /** Absolute path on that host. */
  readonly file?: string
  /** Path of keys within the file or the config, as people write it: `matrix.secret`, `clients[2].redirectUris[0]`. */
  readonly keyPath?: string
  readonly container?: string
  readonly database?: string
  readonly url?: string
  /** Name of the resource in the Pulumi program. */
  readonly resource?: string
}

export interface RefusalParts {
  /** Stable name of the kind of refusal; each has a page in docs/errors.md. */
  readonly code: RefusalCode
  /** What happened: one sentence, without a full stop. */
  readonly what: string
  readonly where?: Place
  /** What it means for the server: what was and was not changed, whether it serves. */
  readonly meaning: string
  /** What to do next: a command or a decision. */
  readonly next: string
  readonly cause?: unknown
}

/**
 * The operator's side of an error: something we refuse or could not do, in four parts. Anything else that is thrown is
 * a bug of ours. None of the parts may hold a secret.
 */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly code: RefusalCode
  readonly what: string
  readonly where: Place
  readonly meaning: string
  readonly next: string

  constructor({ code, what, where = {}, meaning, next, cause }: RefusalParts) {
    super(renderRefusal({ code, what, where, meaning, next }), cause === undefined ? undefined : { cause })
    this.code = code
    this.what = what
    this.where = where
    this.meaning = meaning
    this.next = next
  }
}

/** The text that people read, a line a part. The only place that composes it. */
export function renderRefusal(
  { code, what, where = {}, meaning, next }: Omit<RefusalParts, "cause">,
  leaveOut: readonly ("meaning" | "next")[] = [],
): string {
  const place = renderPlace(where)
  const lines = [`${what} (${code}).`]
  if (place) lines.push(`Where: ${place}.`)
  if (!leaveOut.includes("meaning")) lines.push(`Meaning: ${meaning}`)
  if (!leaveOut.includes("next")) lines.push(`Next: ${next}`)
  return lines.join("\n")
}

function renderPlace(where: Place): string {
  const parts = [
    where.resource && `resource ${where.resource}`,
    where.host && `host ${where.host}`,
    where.container && `container ${where.container}`,
    where.database && `database ${where.database}`,
    where.file,
    where.keyPath && `key ${where.keyPath}`,
    where.url,
  ]
  return parts.filter(Boolean).join(", ")
}
