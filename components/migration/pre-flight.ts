import { readKept } from "../files/kept.ts"
import { readDocument } from "../files/managed-file.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Database } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { askOrExplain } from "../host/staying-up.ts"
import type { LoginPlaces } from "../login-surface/rule.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { at, type Homeserver } from "../synapse/homeserver.ts"
import { type DelegatedAuthInputs, findSharedSecret } from "../synapse/plan-delegation.ts"
import { readSynapseVersion } from "../synapse/running-version.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { isAtLeast } from "../synapse/versions.ts"
import { accountKinds } from "./account-kinds.ts"
import { clockKinds, findSkew, readClocks } from "./clock-kinds.ts"
import { deploymentKinds, findDeploymentFacts, findInDeployment } from "./deployment-kinds.ts"
import type { Finding, PreFlightKind } from "./finding.ts"
import { findUnfit, fitKinds } from "./fit-kinds.ts"
import {
  findLogInAmiss,
  findMasOutOfReach,
  findSecretMissing,
  findSecretNotTaken,
  findSecretsDiffer,
  findSynapseOutOfReach,
  isRunning,
  reachKinds,
} from "./reach-kinds.ts"
import type { Known, RowKind } from "./row-kinds.ts"
import { sessionKinds } from "./session-kinds.ts"
import { findInSettings, providersOfMas, providersOfSynapse, settingKinds } from "./setting-kinds.ts"
import { timeKinds } from "./time-kinds.ts"

/** Kinds that a query in Synapse's database finds. */
export const rowKinds: readonly RowKind[] = [...accountKinds, ...sessionKinds, ...timeKinds]

/** All that is looked for before a migration: the closed list. */
export const preFlightKinds: readonly PreFlightKind[] = [
  ...rowKinds,
  ...settingKinds,
  ...fitKinds,
  ...reachKinds,
  ...clockKinds,
  ...deploymentKinds,
]

/** Before it, a device sync from MAS deletes dehydrated devices (Synapse #19892). */
const firstThatKeepsDehydrated = "1.156.0"

/** What the look ahead has to reach. */
export interface PreFlightPlaces {
  /** As the stack's config has it. */
  readonly serverName: string
  readonly synapse: SynapseAddress
  readonly mas: MasAddress & WebService
  /** What comes after the migration. */
  readonly delegation: DelegatedAuthInputs
  /** Where a log-in will lead; `undefined`: not known. */
  readonly login: LoginPlaces | undefined
  readonly synapseDatabase: Database
  readonly masDatabase: Database
  /** Whoever asks lets Synapse try its new homeserver.yaml right afterwards, and it need not be asked twice. */
  readonly isStartTriedNext?: boolean
}

/**
 * Looks for all that a migration would stumble over, or that would keep Synapse from serving after it. Reads only: it
 * runs in preview as well, and where a service does not run, what only that could tell is not looked for.
 */
export async function lookAhead(host: Host, places: PreFlightPlaces): Promise<readonly Finding[]> {
  const { serverName, synapse, mas, delegation, synapseDatabase } = places
  const homeserver = (await readDocument(host, { path: synapse.homeserverYaml, dialect: "yaml11" })) as Homeserver
  const config = ((await readDocument(host, { path: mas.config, dialect: "yaml12" })) ?? {}) as Homeserver
  const version = await readSynapseVersion(host, synapse)
  const kept = Object.keys((await readKept(host, delegation.keptAt)).keys)
  const known: Known = {
    serverName: String(homeserver.server_name),
    synapseProviders: providersOfSynapse(homeserver),
    masProviders: providersOfMas(config),
    losesDehydratedDevices: !isAtLeast(version, firstThatKeepsDehydrated),
  }
  const runs = {
    synapse: await lookAtService(host, synapse, "/health"),
    mas: await lookAtService(host, mas, masDiscovery),
  }
  return [
    ...(await findInRows(synapseDatabase, known)),
    ...findInSettings({ homeserver, mas: config, serverName }),
    ...findUnfit({ homeserver, version, kept, delegation }),
    ...(await findOutOfReach(host, places, { homeserver, config, runs })),
    ...(await findApart(host, places, runs)),
    ...(places.isStartTriedNext
      ? await findDeploymentFacts(host, { synapse, mas, homeserver })
      : await findInDeployment(host, { synapse, mas, homeserver, delegation })),
  ]
}

const masDiscovery = "/.well-known/openid-configuration"

/** `silent`: it runs, and does not answer where it is said to: its address leads nowhere, or it hangs. */
type Presence = "answers" | "silent" | "down"

/** One that ends at each start runs for seconds at a time, and is down all the same. */
async function lookAtService(host: Host, service: WebService, path: string): Promise<Presence> {
  if (service.service.commands?.start !== undefined) return "answers"
  if (!(await isRunning(host, service.service))) return "down"
  const seen = await askOrExplain(host, service.service, () => askService(host, service, { path }))
  if ("answer" in seen) return "answers"
  return seen.down.kind === "silent" ? "silent" : "down"
}

/** Looks for what shows in Synapse's database. */
export async function findInRows(synapse: Database, known: Known): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  // Each is run once: compiling one takes longer than it does, where the planner knows little of the tables.
  await synapse.execute("SET jit = off")
  for (const kind of rowKinds) {
    if (kind.applies?.(known) === false) continue
    const { count, first } = await synapse.row<{ count: number; first: string[] | null }>(
      `SELECT count(*)::int AS count, (array_agg(which ORDER BY which COLLATE "C"))[1:10] AS first FROM (${kind.sql}) AS found`,
      (kind.parameters ?? []).map((name) => known[name]),
    )
    if (count > 0) findings.push({ kind, count, first: first ?? [] })
  }
  return findings
}

interface Seen {
  readonly homeserver: Homeserver
  readonly config: Homeserver
  readonly runs: Runs
}

interface Runs {
  readonly synapse: Presence
  readonly mas: Presence
}

async function findOutOfReach(host: Host, places: PreFlightPlaces, seen: Seen): Promise<readonly Finding[]> {
  const { synapse, mas, delegation, login } = places
  const { homeserver, config, runs } = seen
  const both = runs.synapse !== "down" && runs.mas !== "down"
  // As long as MAS's config names another address, `pulumi up` has yet to write it.
  const asksThere = at(config, "matrix", "endpoint") === synapse.endpoint
  const secret = await findSharedSecret(host, delegation.mas)
  return [
    ...(both ? await findMasOutOfReach(host, synapse, delegation.endpoint) : []),
    ...(both && asksThere ? await findSynapseOutOfReach(host, mas, synapse.endpoint) : []),
    ...findSecretMissing(mas, secret),
    ...(secret === undefined ? [] : await findSecretsDiffer(host, synapse, homeserver, secret)),
    ...(runs.mas === "answers" && secret !== undefined ? await findSecretNotTaken(host, mas, secret) : []),
    ...(both && login !== undefined ? await findLogInAmiss(host, mas, login) : []),
  ]
}

async function findApart(host: Host, places: PreFlightPlaces, runs: Runs): Promise<readonly Finding[]> {
  const { synapse, mas, synapseDatabase, masDatabase } = places
  const clocks = await readClocks(host, {
    synapseDatabase,
    masDatabase,
    synapse: runs.synapse === "answers" ? synapse : undefined,
    mas: runs.mas === "answers" ? mas : undefined,
  })
  return findSkew(clocks.host, clocks.others)
}
