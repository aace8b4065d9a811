/** One thing that can be told about long work. Plain data: with `--json` each is one line. */
export type ProgressEvent =
  | (Told & { readonly kind: "begun" })
  | (Told & { readonly kind: "detail"; readonly text: string })
  /** It waits for something, has done so for so long, and will this long at most. */
  | (Told & Readonly<{ kind: "waiting"; text: string; waitedSeconds: number; limitSeconds: number }>)
  | (Told & { readonly kind: "count"; readonly done: number; readonly total: number; readonly unit: string })
  | (Told & { readonly kind: "done" })
  | (Told & { readonly kind: "failed" })

interface Told {
  /** The step, after those that it is a part of: `["cutover", "migrate"]`. */
  readonly path: readonly string[]
  /** Since the step began. */
  readonly elapsedSeconds: number
}

export type ProgressSink = (event: ProgressEvent) => void

/** What long work says while it goes on. */
export interface Progress {
  /** Tells when it begins, and whether it was done or failed; the error goes on to the caller. */
  step<T>(name: string, work: (progress: Progress) => Promise<T>): Promise<T>
  /** What goes on within the step. */
  detail(text: string): void
  /**
   * Say it from the start, with the limit, and again at each look: nobody should wonder how long this may take. Said
   * with the same words it is the same wait.
   */
  waiting(forWhat: string, limitSeconds: number): void
  /** @example progress.count(12, 21, "users") */
  count(done: number, total: number, unit: string): void
}

/** Progress that is told to a sink; `now` gives milliseconds. */
export function createProgress(sink: ProgressSink, now: () => number = () => performance.now()): Progress {
  return progressOf([], sink, now)
}

/** For callers who show nothing. */
export const silentProgress: Progress = createProgress(() => {})

function progressOf(path: readonly string[], sink: ProgressSink, now: () => number): Progress {
  const begin = now()
  const told = () => ({ path, elapsedSeconds: (now() - begin) / 1000 })
  let wait = { text: "", begin }
  return {
    detail: (text) => sink({ kind: "detail", text, ...told() }),
    waiting(text, limitSeconds) {
      if (wait.text !== text) wait = { text, begin: now() }
      sink({ kind: "waiting", text, waitedSeconds: (now() - wait.begin) / 1000, limitSeconds, ...told() })
    },
    count: (done, total, unit) => sink({ kind: "count", done, total, unit, ...told() }),
    async step(name, work) {
      const within = [...path, name]
      const begun = now()
      const inStep = () => ({ path: within, elapsedSeconds: (now() - begun) / 1000 })
      sink({ kind: "begun", ...inStep() })
      try {
        const result = await work(progressOf(within, sink, now))
        sink({ kind: "done", ...inStep() })
        return result
      } catch (error) {
        sink({ kind: "failed", ...inStep() })
        throw error
      }
    },
  }
}
