import { isDeepStrictEqual } from "node:util"
import type { Host } from "../host/host.ts"
import { request } from "../host/http.ts"
import { inspectService } from "../host/inspection.ts"
import type { ServiceAddress } from "../host/service-address.ts"

/** How a document is to be served, in words. */
export const asTheFile = "as the file has it"

export const standsStill = "not at all: its container does not run"

/** Where a document is served. */
export interface ServedDocument {
  /** Absolute path on the host. */
  readonly file: string
  readonly url: string
  /** Who serves it, where that is known: one that stands still is started by `up`. */
  readonly service?: ServiceAddress
}

/**
 * Whether what is served at an address is the document on the host, read as JSON where it is JSON: a proxy may write it
 * more briefly. Asked past caches. Throws as `request` does when nobody answers although the container runs.
 */
export async function lookWhatIsServed(host: Host, { file, url, service }: ServedDocument): Promise<string> {
  if (service !== undefined && (await isStopped(host, service))) return standsStill
  const fresh = new URL(url)
  fresh.searchParams.set("matrix-auth", String(Date.now()))
  const { status, text } = await request(undefined, { url: fresh.href, headers: { "cache-control": "no-cache" } })
  if (status !== 200) return `not at all (HTTP ${status})`
  return means(text, await host.read(file)) ? asTheFile : "otherwise than the file has it"
}

/** Whether a service's container is there and does not run; what is no container is not looked at. */
export async function isStopped(host: Host, service: ServiceAddress): Promise<boolean> {
  const { restart, start, cli } = service.commands ?? {}
  const isContainer = service.container !== undefined && restart === undefined && start === undefined
  return isContainer && cli === undefined && !(await inspectService(host, service)).isRunning
}

function means(served: string, file: string): boolean {
  if (served === file) return true
  const [one, other] = [parsed(served), parsed(file)]
  return one !== undefined && isDeepStrictEqual(one, other)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch {
    return undefined
  }
}
