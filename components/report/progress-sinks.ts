import { formatDuration } from "./durations.ts"
import type { ProgressEvent, ProgressSink } from "./progress.ts"
import { inOneLine, visibleJson } from "./visible.ts"

/** The event as one line for people, without its indentation. */
export function renderEvent(event: ProgressEvent): string {
  const name = event.path.at(-1) ?? ""
  const elapsed = formatDuration(event.elapsedSeconds)
  switch (event.kind) {
    case "begun":
      return `${name} …`
    case "detail":
      return event.text
    case "waiting":
      return `waiting for ${event.text} (${formatDuration(event.waitedSeconds)} of at most ${formatDuration(event.limitSeconds)})`
    case "count":
      return `${event.done} of ${event.total} ${event.unit}${timeLeft(event)}`
    case "done":
      return `${name}: done in ${elapsed}`
    case "failed":
      return `${name}: failed after ${elapsed}`
  }
}

/** An estimate only where it is worth something: some part is done, and it took a while. */
function timeLeft({ done, total, elapsedSeconds }: Extract<ProgressEvent, { kind: "count" }>): string {
  if (done <= 0 || done >= total || elapsedSeconds < 3) return ""
  return `, about ${formatDuration((elapsedSeconds / done) * (total - done))} left`
}

/** One whole line an event: logs, pipes, CI. Repeated waiting and counting is told every `everySeconds` only (10). */
export function plainSink(write: (line: string) => void, everySeconds = 10): ProgressSink {
  const isWorthTelling = thinned(everySeconds)
  return (event) => {
    if (isWorthTelling(event)) write(`${indentation(event)}${inOneLine(renderEvent(event))}`)
  }
}

/** One JSON object a line, every event. */
export function jsonSink(write: (line: string) => void): ProgressSink {
  return (event) => write(visibleJson(event))
}

export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** On a terminal, one live line below what is done; anywhere else plain lines. */
export function terminalSink(terminal: Terminal): ProgressSink {
  if (!terminal.isTTY) return plainSink((line) => terminal.write(`${line}\n`))
  return (event) => {
    const line = `${indentation(event)}${inOneLine(renderEvent(event))}`
    // Back to the line's begin, erase it (ECMA-48, EL); a line that wraps could not be erased.
    terminal.write(`\r\x1b[2K${isEnd(event) ? `${line}\n` : line.slice(0, (terminal.columns || 80) - 1)}`)
  }
}

function indentation(event: ProgressEvent): string {
  return "  ".repeat(Math.max(0, event.path.length - (isOfStep(event) ? 1 : 0)))
}

/** About the step as a whole, not about what goes on in it. */
function isOfStep(event: ProgressEvent): boolean {
  return event.kind === "begun" || isEnd(event)
}

function isEnd({ kind }: ProgressEvent): boolean {
  return kind === "done" || kind === "failed"
}

/** Lets through what is new: another wait, or the same one after a while; the first and the last count. */
function thinned(everySeconds: number): (event: ProgressEvent) => boolean {
  let lastKey = ""
  let lastSeconds = 0
  return (event) => {
    if (event.kind !== "waiting" && event.kind !== "count") {
      lastKey = ""
      return true
    }
    const key = JSON.stringify([event.path, event.kind, event.kind === "waiting" ? event.text : event.unit])
    const isLast = event.kind === "count" && event.done >= event.total
    const isSoon = key === lastKey && event.elapsedSeconds - lastSeconds < everySeconds
    if (isSoon && !isLast) return false
    lastKey = key
    lastSeconds = event.elapsedSeconds
    return true
  }
}
