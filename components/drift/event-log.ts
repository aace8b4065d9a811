import { rmSync } from "node:fs"
import { mkdtemp, open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { StringDecoder } from "node:string_decoder"
import { setTimeout as pause } from "node:timers/promises"

const pauseMilliseconds = 200

/**
 * Gives `run` the path of a file to write lines to, and hands each line to `heed` soon after it was written; all of them
 * before it returns. The file is gone afterwards.
 */
export async function followLines<T>(run: (file: string) => Promise<T>, heed: (line: string) => void): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "matrix-auth-drift-"))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  // Also when somebody ends it: it names what is on the server.
  process.once("exit", remove)
  try {
    const file = join(folder, "events.json")
    const readOn = reader(file, heed)
    const over = new AbortController()
    const work = run(file).finally(() => over.abort())
    // Whichever fails, the other is waited for: nothing goes on behind the caller's back.
    const [ran, followed] = await Promise.allSettled([work, whileNot(over.signal, readOn)])
    if (ran.status === "rejected") throw ran.reason
    if (followed.status === "rejected") throw followed.reason
    await readOn()
    return ran.value
  } finally {
    process.off("exit", remove)
    remove()
  }
}

async function whileNot(over: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!over.aborted) {
    await pause(pauseMilliseconds, undefined, { signal: over }).catch(() => undefined)
    if (!over.aborted) await work()
  }
}

/** Reads on from where it stopped; the begin of a line waits for its end. */
function reader(file: string, heed: (line: string) => void): () => Promise<void> {
  const decoder = new StringDecoder("utf8")
  let position = 0
  let begun = ""
  return async () => {
    const handle = await open(file, "r").catch(() => undefined)
    if (handle === undefined) return
    try {
      const { size } = await handle.stat()
      const buffer = Buffer.alloc(size - position)
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
      position += bytesRead
      const lines = (begun + decoder.write(buffer.subarray(0, bytesRead))).split("\n")
      begun = lines.pop() ?? ""
      for (const line of lines) heed(line)
    } finally {
      await handle.close()
    }
  }
}
