import type { Context } from "../lifecycle/lifecycle.ts"
import { formatDuration } from "../report/durations.ts"

const everySeconds = 10

/** Does something that may take long, and says every ten seconds that it goes on, and how far it is. */
export async function telling<T>(
  { say }: Context,
  what: string,
  { work, far }: { readonly work: () => Promise<T>; readonly far: () => Promise<string> },
): Promise<T> {
  const begin = performance.now()
  const tell = async () => {
    const soFar = await far().catch(() => "")
    say(`${what}: ${soFar}${soFar && ", "}${formatDuration((performance.now() - begin) / 1000)} so far`)
  }
  const timer = setInterval(() => void tell(), everySeconds * 1000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
