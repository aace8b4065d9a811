import { writeFile } from "node:fs/promises"
import type { Harmless } from "../harmless/harmless.ts"
import type { DocumentName, Server } from "../lab/server.ts"
import { described } from "./claims.ts"
import { lookWatched } from "./look.ts"
import type { HarmlessOutcome } from "./outcome.ts"
import { troublesOf } from "./run-batch.ts"

const documents: readonly (DocumentName | "nginx")[] = ["homeserver", "mas", "wellKnown", "element", "nginx"]

/** Edits that mean nothing to us: made together, looked at once, and taken back. */
export async function runHarmless(server: Server, batch: readonly Harmless[]): Promise<readonly HarmlessOutcome[]> {
  const texts = await Promise.all(documents.map((name) => server.read(name)))
  const undone: Harmless[] = []
  const looked = await (async () => {
    try {
      for (const one of batch) {
        await one.edit(server)
        undone.push(one)
      }
      return await lookWatched(server)
    } finally {
      for (const { undo } of undone) await undo?.(server)
      for (const [nth, name] of documents.entries()) await putBack(server, name, texts[nth] ?? "")
    }
  })()
  const { exitCode, report, complaints } = looked
  const found = exitCode === 0 ? [] : [`the look ended with ${exitCode}: ${troublesOf({ report })}`]
  const alarms = report.items.map((item) => `a false alarm: ${described(item)}`)
  const all = [...found, ...alarms, ...complaints]
  return batch.map(({ name }) => ({ name, clean: exitCode === 0 && complaints.length === 0, complaints: all }))
}

/** What is as it was is not even touched: a new time of writing, after a start by hand, would look like a file put back. */
async function putBack(server: Server, name: DocumentName | "nginx", text: string): Promise<void> {
  if ((await server.read(name)) !== text) await writeFile(server.files[name], text)
}
