import type { Dialect } from "../documents/dialects.ts"
import { type Kept, restore } from "../documents/managed-keys.ts"
import { UnusableDocument } from "../documents/problems.ts"
import type { Host } from "../host/host.ts"

/** A document that is to be written, and what is kept for it. */
export interface Written {
  readonly after: string
  readonly kept: Kept
}

interface Place {
  readonly dialect: Dialect
  readonly keptAt: string
}

/**
 * Where a document lies as it would be without us: ready to be copied over it by hand, on a night on which nothing of ours
 * runs. It is as of our last write; what others edit later is not in it.
 */
export function asBeforePath(keptAt: string): string {
  return `${keptAt.replace(/\.kept\.json$/, "")}.as-before`
}

/** To be called before the document is written, so that it is there whenever keys of ours are. */
export async function writeAsBefore(host: Host, { dialect, keptAt }: Place, { after, kept }: Written): Promise<void> {
  const text = withoutUs(after, dialect, kept)
  if (text === undefined) return removeAsBefore(host, keptAt)
  const path = asBeforePath(keptAt)
  if ((await host.readIfPresent(path)) !== text) await host.write(path, text, { mode: 0o600 })
}

export async function removeAsBefore(host: Host, keptAt: string): Promise<void> {
  await host.remove(asBeforePath(keptAt))
}

/** Better none than a wrong one: without it there is still what is kept. */
function withoutUs(text: string, dialect: Dialect, kept: Kept): string | undefined {
  try {
    return restore(text, dialect, kept)
  } catch (error) {
    if (error instanceof UnusableDocument) return undefined
    throw error
  }
}
