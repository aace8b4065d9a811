import { askService, type WebService } from "../host/ask-service.ts"
import type { Database } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { formatDuration } from "../report/durations.ts"
import { type Finding, findingOf, type PreFlightKind } from "./finding.ts"

/**
 * How far clocks may be apart, in seconds. Kept by NTP they are within one; 30 is a clock that nobody sets. MAS's access
 * tokens live 300 s, Synapse remembers its word for 120 s, and the lease of a cutover is minutes: none of these bears more.
 */
export const skewLimitSeconds = 30

const clocksDiffer: PreFlightKind = {
  name: "clocks-differ",
  severity: "error",
  meaning: `clocks that are more than ${skewLimitSeconds} s apart from the host's: tokens would be taken for expired, or live too long`,
  next: "Set the clocks (NTP), then look again.",
}

export const clockKinds: readonly PreFlightKind[] = [clocksDiffer]

/** How far a clock is ahead of this process's, in seconds. */
export interface Clock {
  readonly name: string
  readonly aheadSeconds: number
  /** How far off that may be: half of how long the answer took, and how finely the clock tells. */
  readonly uncertaintySeconds: number
}

/** The clocks that differ from the host's by more than the limit, for certain. Pure. */
export function findSkew(host: Clock, others: readonly Clock[]): readonly Finding[] {
  const apart = others.flatMap(({ name, aheadSeconds, uncertaintySeconds }) => {
    const difference = aheadSeconds - host.aheadSeconds
    if (Math.abs(difference) - uncertaintySeconds - host.uncertaintySeconds <= skewLimitSeconds) return []
    return [`${name} is ${formatDuration(Math.abs(difference))} ${difference > 0 ? "ahead" : "behind"}`]
  })
  return findingOf(clocksDiffer, apart)
}

/** Reads all clocks that matter: this machine's, the host's, those of both databases and both services. */
export async function readClocks(host: Host, clocks: ClockPlaces): Promise<{ host: Clock; others: readonly Clock[] }> {
  const own = { name: "the machine that runs Pulumi", aheadSeconds: 0, uncertaintySeconds: 0 }
  const hosts = await read(host.name, 1, async () => Number((await host.exec(["date", "+%s"])).stdout))
  const others: (Clock | undefined)[] = [
    await read("Synapse's database", 0, () => databaseTime(clocks.synapseDatabase)),
    await read("MAS's database", 0, () => databaseTime(clocks.masDatabase)),
    await read("Synapse", 1, () => httpTime(host, clocks.synapse, "/_matrix/client/versions")),
    await read("MAS", 1, () => httpTime(host, clocks.mas, "/.well-known/openid-configuration")),
  ]
  const known = others.filter((clock) => clock !== undefined)
  return hosts === undefined ? { host: own, others: known } : { host: hosts, others: [own, ...known] }
}

export interface ClockPlaces {
  readonly synapseDatabase: Database
  readonly masDatabase: Database
  /** `undefined`: it does not run. */
  readonly synapse: WebService | undefined
  readonly mas: WebService | undefined
}

/** `undefined` where nobody tells the time. */
async function read(
  name: string,
  finenessSeconds: number,
  ask: () => Promise<number | undefined>,
): Promise<Clock | undefined> {
  const before = Date.now()
  const told = await ask()
  const after = Date.now()
  if (told === undefined || !Number.isFinite(told)) return undefined
  return {
    name,
    // A clock that tells whole seconds is half of one further on, on average.
    aheadSeconds: told + finenessSeconds / 2 - (before + after) / 2000,
    uncertaintySeconds: (after - before) / 2000 + finenessSeconds / 2,
  }
}

async function databaseTime(database: Database): Promise<number> {
  const { now } = await database.row<{ now: number }>("SELECT extract(epoch FROM clock_timestamp())::float8 AS now")
  return now
}

/** By the `Date` header, if it sends one (RFC 9110, section 6.6.1). */
async function httpTime(host: Host, service: WebService | undefined, path: string): Promise<number | undefined> {
  if (service === undefined) return undefined
  const { headers } = await askService(host, service, { path })
  return headers.date === undefined ? undefined : Date.parse(headers.date) / 1000
}
