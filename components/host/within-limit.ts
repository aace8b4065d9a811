import { Refusal } from "../report/refusal.ts"

/** Of a file on a local disk; what takes longer than that hangs, as a dead network file system does. */
export const fileSeconds = 120

/**
 * Gives up on work with a file that does not end: a system call cannot be taken back, but whoever waits for it is told, and
 * with that whatever goes on only while there is progress. Throws `host/file-timed-out`.
 */
export function withinLimit<Rest extends readonly unknown[], T>(
  work: (path: string, ...rest: Rest) => Promise<T>,
  limitSeconds = fileSeconds,
): (path: string, ...rest: Rest) => Promise<T> {
  return async (path, ...rest) => {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(timedOut(path, limitSeconds)), limitSeconds * 1000)
    try {
      return await Promise.race([work(path, ...rest), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function timedOut(file: string, limitSeconds: number): Refusal {
  return new Refusal({
    code: "host/file-timed-out",
    what: `Nothing came of reading or writing ${file} within ${limitSeconds} s`,
    where: { host: "this machine", file },
    meaning: "Its file system does not answer. What was begun with that file may still be done when it does.",
    next: "Look at the disk or the network file system that it is on (`dmesg`, `df`), then run again.",
  })
}
