import type { Host } from "../host/host.ts"
import { request } from "../host/http.ts"
import { RefusalList } from "../report/gathering.ts"
import { Refusal } from "../report/refusal.ts"
import { missingContainers, type NamedContainers } from "./named-containers.ts"

/** What the config names besides containers, by the key that names it. */
export interface NamedPlaces {
  /** Absolute paths on the host, of documents that have to be there. */
  readonly files: Readonly<Record<string, string>>
  /** Postgres by its address as seen from the host. */
  readonly databases: Readonly<Record<string, { readonly host: string; readonly port: number }>>
  /** Public addresses. */
  readonly addresses: Readonly<Record<string, string>>
}

/** Codes of files that are not what a document has to be; whatever else is wrong with one is told by its resource. */
const notThere: readonly string[] = ["host/file-missing", "host/file-not-plain", "host/file-not-readable"]

/**
 * Throws what is wrong with every name at once, each with the key that names it: containers, files and databases that are
 * not there. A public address may be right though nobody answers there yet, so those are asked only where something else
 * is wrong already: then they are named along with it, in place of one by one afterwards.
 */
export async function demandNamed(host: Host, containers: NamedContainers, named: NamedPlaces): Promise<void> {
  const wrong = new RefusalList()
  for (const refusal of await missingContainers(host, containers)) wrong.add(refusal)
  for (const [keyPath, file] of Object.entries(named.files)) {
    const refusal = await refusalOf(() => host.read(file))
    if (refusal && notThere.includes(refusal.code)) wrong.add(withKey(refusal, keyPath, { file }))
  }
  for (const [keyPath, { host: address, port }] of Object.entries(named.databases)) {
    const refusal = await refusalOf(async () => (await host.connect(address, port)).destroy())
    if (refusal) wrong.add(withKey(refusal, keyPath, { database: `${address}:${port}` }))
  }
  if (wrong.refusals.length > 0) for (const refusal of await unreachable(named.addresses)) wrong.add(refusal)
  wrong.throwIfAny()
}

/** Any answer will do: what it says is judged by the resources that go by it. */
async function unreachable(addresses: NamedPlaces["addresses"]): Promise<readonly Refusal[]> {
  const asked = Object.entries(addresses).map(async ([keyPath, url]) => {
    const refusal = await refusalOf(() => request(undefined, { url, atMostBytes: 1 }))
    return refusal && withKey(refusal, keyPath)
  })
  return (await Promise.all(asked)).filter((refusal) => refusal !== undefined)
}

async function refusalOf(work: () => Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** The next step is one sentence for all of a code, which is then said once. */
function withKey(refusal: Refusal, keyPath: string, place: Refusal["where"] = {}): Refusal {
  const { code, what, where, next, cause } = refusal
  return new Refusal({
    code,
    what,
    where: { ...where, ...place, keyPath },
    meaning: "Nothing was changed.",
    next,
    cause,
  })
}
