import { commandFailed, tellEngine } from "./engine.ts"
import type { Argv, Finished, Host } from "./host.ts"
import { containerOf, type ServiceAddress } from "./service-address.ts"

export interface LogLine {
  /** `undefined` where the service's own `logs` command prints no time that we know. */
  readonly at: Date | undefined
  readonly text: string
}

/**
 * What the service has printed since then, standard output and error in the order of their times. It may hold
 * secrets: mask it before it is shown.
 */
export async function logsSince(host: Host, service: ServiceAddress, since: Date): Promise<readonly LogLine[]> {
  const time = since.toISOString()
  const command = service.commands?.logs
  if (command !== undefined) return ownLogs(host, command, time)
  const words = ["logs", "--timestamps", "--since", time, containerOf(service)]
  return inOrder(await tellEngine(host, service, words))
}

/** The last lines that the service's container has printed. As {@link logsSince} otherwise. */
export async function lastLogs(host: Host, service: ServiceAddress, lines: number): Promise<readonly LogLine[]> {
  const words = ["logs", "--timestamps", "--tail", String(lines), containerOf(service)]
  return inOrder(await tellEngine(host, service, words)).slice(-lines)
}

async function ownLogs(host: Host, [program, ...rest]: Argv, time: string): Promise<readonly LogLine[]> {
  const argv: Argv = [program, ...rest.map((word) => word.replaceAll("{since}", time))]
  const finished = await host.exec(argv)
  if (finished.exitCode !== 0) throw commandFailed(argv, finished, { host: host.name })
  return linesOf(finished.stdout + finished.stderr).map((text) => ({ at: undefined, text }))
}

/** Docker keeps the two streams apart; the times, of one length and in UTC, sort as text to the nanosecond. */
function inOrder({ stdout, stderr }: Finished): readonly LogLine[] {
  const stamped = [...linesOf(stdout), ...linesOf(stderr)].map((line) => {
    const space = line.indexOf(" ")
    return { time: line.slice(0, space), text: line.slice(space + 1) }
  })
  return stamped
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .map(({ time, text }) => ({ at: new Date(time), text }))
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "")
}
