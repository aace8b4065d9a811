import type { Server } from "../lab/server.ts"
import type { Loads, Mutator } from "../mutators/mutator.ts"

/** All hands at work, one after the other; then each service that is to takes its file, once for all of them. */
export async function letHandsWork(server: Server, batch: readonly Mutator[]): Promise<void> {
  const loads = distinct(batch.flatMap(({ loads: own = [] }) => own))
  const before = await Promise.all(loads.map(({ file }) => server.read(file)))
  for (const { name, mutate } of batch) {
    await mutate(server).catch(async (cause: unknown) => {
      for (const [nth, { file }] of loads.entries()) await server.edit(file, () => before[nth] ?? "").catch(() => {})
      throw new Error(`a hand could not do its work: ${name}`, { cause })
    })
  }
  for (const [nth, { service, file, isPutBack }] of loads.entries()) {
    await server.load(service)
    if (isPutBack) await server.edit(file, () => before[nth] ?? "")
  }
}

/** What touches one service goes into different batches, but for the proxy, whose file has room for many. */
function distinct(loads: readonly Loads[]): readonly Loads[] {
  return [...new Map(loads.map((one) => [one.service, one])).values()]
}
