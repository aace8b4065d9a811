import { hash } from "node:crypto"
import { z } from "zod"
import { isList, isMap, type JsonValue } from "../documents/json-value.ts"
import { observe } from "../documents/managed-keys.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { readOwnFile } from "../host/own-file.ts"
import { seesThatFile } from "../host/seen-by-service.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { readKept } from "./kept.ts"
import { readLastText } from "./last-text.ts"
import type { ManagedFile } from "./managed-file.ts"
import { readUsable } from "./usable-text.ts"

/** What a service that reads its file once, when it starts, runs with. */
export const withTheFile = "with the file as it is"
export const sinceBefore = "since before the file became as it is"
export const withOtherKeys = "with other keys than the file is to have"
export const stopped = "stopped"

/** What is kept of a start: of which, and a digest of each managed key that the service found then. */
interface NotedStart {
  readonly container: string
  readonly startedAt: string
  readonly keys: Readonly<Record<string, string>>
  /** The file was written since, and the service is to start anew. */
  readonly isDue?: true
}

const notedStart = z.custom<NotedStart>((value) => {
  const { container, startedAt, keys } = (value ?? {}) as Partial<Record<keyof NotedStart, unknown>>
  return typeof container === "string" && typeof startedAt === "string" && typeof keys === "object" && keys !== null
})

/**
 * Whether a service runs with the managed keys as its file is to have them. `undefined` where it is no container: then
 * nobody can tell when it began.
 *
 * Of a start that we noted it is known what the service found then, and only a managed key that differs counts: comments,
 * other people's keys and new times of the file do not. Of a start by somebody else only times can be told. A file
 * that was written after such a start, and is byte for byte what we last wrote before it, was changed and put back around
 * it: what the service found is something else. With other bytes it is taken for what it looks like, an edit of a key that
 * is not ours.
 *
 * A service that sees another file in the place of this one (it is mounted by itself, and was replaced) runs since before.
 *
 * @param toBe the file as it is to be. A hand that changed a key in the file has not changed what runs: the service goes on
 * with what it found. Default: as it lies there.
 */
export async function lookWhatRuns(
  host: Host,
  service: ServiceAddress,
  file: ManagedFile,
  toBe?: string,
): Promise<string | undefined> {
  if (!isContainer(service)) return undefined
  const inspection = await inspectService(host, service)
  const { id, isRunning, startedAt } = inspection
  if (!isRunning || startedAt === undefined) return stopped
  if ((await seesThatFile(host, inspection, file.path)) === false) return sinceBefore
  const noted = await readNote(host, file)
  if (noted?.container === id && noted.startedAt === startedAt.toISOString()) {
    return differs(noted.keys, await digestsOf(host, file, toBe)) ? sinceBefore : withTheFile
  }
  if ((await host.stat(file.path)).modifiedAt < startedAt) {
    const found = await digestsOf(host, file)
    return differs(found, await digestsOf(host, file, toBe)) ? withOtherKeys : withTheFile
  }
  const last = await readLastText(host, file.keptAt)
  if (noted?.isDue === true) return sinceBefore
  if (last === undefined) return withTheFile
  const isPutBack = last.at < startedAt && last.text === (await host.read(file.path))
  return isPutBack ? sinceBefore : withTheFile
}

/**
 * Whether a service that stands still found this at a key when it last started. What has become of its file meanwhile does
 * not change what it was when it last served. `false` where that start was not ours, or it was no container.
 */
export async function lastStartedWith(
  host: Host,
  service: ServiceAddress,
  file: ManagedFile,
  [path, value]: readonly [path: string, value: JsonValue],
): Promise<boolean> {
  if (!isContainer(service)) return false
  const { id, startedAt } = await inspectService(host, service)
  const noted = await readNote(host, file)
  if (noted?.container !== id || noted.startedAt !== startedAt?.toISOString()) return false
  return noted.keys[path] === digestOf(value)
}

/** Notes that the file was written, and that the service has to start anew for it. */
export async function noteDue(host: Host, file: ManagedFile): Promise<void> {
  const noted = (await readNote(host, file)) ?? { container: "", startedAt: "", keys: {} }
  await writeNote(host, file, { ...noted, isDue: true })
}

/** Notes what a service has found at its start: for just after one of ours, or when it is known to run with the file. */
export async function noteStart(host: Host, service: ServiceAddress, file: ManagedFile): Promise<void> {
  if (!isContainer(service)) return
  const { id, isRunning, startedAt } = await inspectService(host, service)
  if (!isRunning || startedAt === undefined) return
  const note: NotedStart = { container: id, startedAt: startedAt.toISOString(), keys: await digestsOf(host, file) }
  await writeNote(host, file, note)
}

async function writeNote(host: Host, file: ManagedFile, note: NotedStart): Promise<void> {
  await host.write(notePath(file), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 })
}

export async function forgetStart(host: Host, file: ManagedFile): Promise<void> {
  await host.remove(notePath(file))
}

function isContainer({ commands = {} }: ServiceAddress): boolean {
  return commands.cli === undefined && commands.start === undefined && commands.restart === undefined
}

function notePath({ keptAt }: ManagedFile): string {
  return `${keptAt.replace(/\.kept\.json$/, "")}.started.json`
}

async function readNote(host: Host, file: ManagedFile): Promise<NotedStart | undefined> {
  const noted = await readOwnFile(host, notePath(file), notedStart)
  // One that was cut off, as by a loss of power, says as little as none.
  return noted === "unreadable" ? undefined : noted
}

/** Keys that became managed, or no longer are, say nothing about the start. */
function differs(then: NotedStart["keys"], now: NotedStart["keys"]): boolean {
  return Object.entries(then).some(([path, digest]) => now[path] !== undefined && now[path] !== digest)
}

async function digestsOf(host: Host, file: ManagedFile, toBe?: string): Promise<NotedStart["keys"]> {
  const paths = Object.keys((await readKept(host, file.keptAt)).keys)
  const text = toBe ?? (await readUsable(host, file, paths)).text
  const values = observe(text, file.dialect, paths)
  return Object.fromEntries(paths.map((path) => [path, digestOf(values[path] ?? null)]))
}

function digestOf(value: JsonValue): string {
  return hash("sha256", JSON.stringify(plain(value)))
}

/** The same for values that mean the same: the order of keys does not count, nor how an address is written. */
function plain(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(plain)
  if (isMap(value)) {
    const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
    return Object.fromEntries(entries.map(([key, part]) => [key, plain(part)]))
  }
  return typeof value === "string" && /^https?:/.test(value) && URL.canParse(value) ? new URL(value).href : value
}
