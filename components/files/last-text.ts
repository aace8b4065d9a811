import type { Host } from "../host/host.ts"

/** A document's text as it was when we last wrote it, or found nothing to write: what an unreadable one is mended by. */
export interface LastText {
  readonly text: string
  readonly at: Date
}

/** It lies beside what is kept, and for the same eyes: a document may hold secrets. */
function lastTextPath(keptAt: string): string {
  return `${keptAt.replace(/\.kept\.json$/, "")}.last`
}

export async function readLastText(host: Host, keptAt: string): Promise<LastText | undefined> {
  const path = lastTextPath(keptAt)
  const text = await host.readIfPresent(path)
  return text === undefined ? undefined : { text, at: (await host.stat(path)).modifiedAt }
}

export async function writeLastText(host: Host, keptAt: string, text: string): Promise<void> {
  if ((await host.readIfPresent(lastTextPath(keptAt))) === text) return
  await host.write(lastTextPath(keptAt), text, { mode: 0o600 })
}

export async function removeLastText(host: Host, keptAt: string): Promise<void> {
  await host.remove(lastTextPath(keptAt))
}
