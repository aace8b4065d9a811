import { posix } from "node:path"
import { isDeepStrictEqual } from "node:util"
import type { DatabaseAddress } from "../host/database.ts"
import type { Argv, Host } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { formatDuration } from "../report/durations.ts"
import { Refusal } from "../report/refusal.ts"
import type { BackupPlaces, BackupRules } from "./backup-places.ts"
import { scopeOf } from "./backup-places.ts"
import { findBackups, findTouched } from "./backups.ts"
import { operatorsMachine } from "./copy-backup.ts"
import { totalRows } from "./count-rows.ts"
import { demandRoom } from "./disk-space.ts"
import { haveFreshBackup, takeFreshBackup } from "./ensure-fresh-backup.ts"
import { describeEstimate, estimateBackup, needsOf } from "./estimate.ts"
import { ageOf, type BackupManifest, type Side, sides } from "./manifest.ts"
import { timeAt } from "./take-backup.ts"

/** What is backed up, as plain data without secrets: who may open the databases is read from the services' configs. */
export interface BackupServer {
  readonly synapse: { readonly service: ServiceAddress; readonly homeserverYaml: string }
  readonly mas: { readonly service: ServiceAddress; readonly config: string }
  /** Where the databases listen. Default: what the services' own configs name. */
  readonly databases: { readonly [side in Side]?: DatabaseAddress["address"] }
  /** What `sh` with fitting `pg_dump` and `pg_restore` stands behind. Default: see `DumpSource.programs`. */
  readonly programs: { readonly [side in Side]?: Argv }
}

export interface BackupInputs extends HostedInputs {
  readonly authentication: "legacy" | "delegated"
  readonly server: BackupServer
  readonly folder: string
  readonly stateFolder: string
  readonly rules: BackupRules
  readonly youngerThanSeconds: number
  /**
   * Filled in by `check`; as found by `read`: whether the newest backup still is what it was. `outdated`: the way back that
   * it was taken for is still to come, and people have used the server since.
   */
  readonly newest?: "whole" | "altered" | "missing" | "outdated"
}

export interface BackupOutputs {
  readonly backup: string
  readonly takenAt: string
  readonly provenAt: string
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
  readonly counts: Readonly<Record<Side, { readonly tables: number; readonly rows: number }>>
}

type Locate = (host: Host, inputs: BackupInputs) => Promise<BackupPlaces>

/** What only a room that knows both services can find out. */
export interface BackupWorld {
  /** What the services' configs say about their databases. */
  readonly locate: Locate
  /** Whether Synapse has begun to serve with a homeserver.yaml that is delegated. Never throws. */
  readonly isDelegated: (host: Host, inputs: BackupInputs) => Promise<boolean>
}

/** The lifecycle of `matrix:Backup`. */
export function backupLifecycle({ locate, isDelegated }: BackupWorld): Lifecycle<BackupInputs, BackupOutputs> {
  return {
    outputs: ["backup", "takenAt", "provenAt", "files", "counts"],
    identity: [],
    async check(inputs, before, context) {
      const wanted = { ...inputs, newest: "whole" } as const
      if (before !== undefined && isDeepStrictEqual(before, wanted)) return { inputs: wanted }
      const turn = { wanted, before }
      const foresee = async () => planOf(context.host, await locate(context.host, inputs), turn)
      const goOn = async ({ id }: BackupManifest, why: Refusal) => [
        `no fresh backup can be taken (${why.what}): the way back will go on with ${posix.join(inputs.folder, id)}`,
      ]
      return { inputs: wanted, plan: await unlessOnTheWayBack(context, turn, foresee, goOn) }
    },
    async read(state, { host }) {
      const found = await findBackups(host, state.folder)
      const [newest] = found
      // Times are whole seconds: one of the same second may be older.
      const isOlder = !found.some(({ id }) => id === state.backup) && !(newest && newest.takenAt > state.takenAt)
      if (newest === undefined || isOlder) return { ...state, newest: "missing" }
      if ((await findTouched(host, state.folder, newest)).length > 0) return { ...state, newest: "altered" }
      const isToComeYet = state.authentication === "legacy" && (await isDelegated(host, state))
      return { ...state, newest: isToComeYet ? "outdated" : "whole" }
    },
    async converge(wanted, state, context) {
      const turn = { wanted, before: state }
      const have = async () => {
        const places = await locate(context.host, wanted)
        const backup = restsOnIt(turn)
          ? await takeFreshBackup(context, places)
          : await haveFreshBackup(context, places, wanted)
        return outputsOf(backup)
      }
      return unlessOnTheWayBack(context, turn, have, async (older, why) => {
        context.say(
          `no fresh backup (${why.message}): the way back goes on with ${posix.join(wanted.folder, older.id)}`,
        )
        return outputsOf(older)
      })
    },
    async remove() {
      // A backup is for the day on which nothing of this is left.
    },
  }
}

interface Turn {
  readonly wanted: BackupInputs
  readonly before: Partial<BackupInputs> | undefined
}

/** Whether Synapse goes back to its own accounts in this run, as far as is known here. */
function isWayBack({ wanted, before }: Turn): boolean {
  return wanted.authentication === "legacy" && (before?.authentication === "delegated" || before?.newest === "outdated")
}

/**
 * Whether a window follows that rests on this very backup: then none from before will do, however young it is. A first run
 * in legacy may be the way back of a server that was delegated without us. A cutover takes its own, right before Synapse stops.
 */
function restsOnIt(turn: Turn): boolean {
  return isWayBack(turn) || (turn.wanted.authentication === "legacy" && turn.before?.authentication === undefined)
}

/** A few lines: what will be in it, where it goes, how old the newest is. Throws `host/disk-full`. */
async function planOf(host: Host, places: BackupPlaces, turn: Turn): Promise<readonly string[]> {
  const { folder, rules } = places
  const { youngerThanSeconds, authentication } = turn.wanted
  const backups = await findBackups(host, folder)
  const [newest] = backups
  const age = newest && ageOf(newest, await timeAt(host))
  const isYoung = age !== undefined && age >= 0 && age <= youngerThanSeconds
  const isUsable = newest && isYoung && newest.scope === scopeOf(places)
  const isEnough = isUsable && !restsOnIt(turn) && (await findTouched(host, folder, newest)).length === 0
  const isCutover = authentication === "delegated" && turn.before?.authentication === "legacy"
  if (isEnough && !isCutover)
    return [`the backup ${posix.join(folder, newest.id)} is ${formatDuration(age)} old: no other is taken`]
  const estimate = await estimateBackup(host, places, newest)
  demandRoom(await needsOf(host, places, estimate))
  const sameDisk = host.name === operatorsMachine.name ? ", which is the server itself: not a second place" : ""
  const copy = rules.copyTo === undefined ? "" : `, with a copy on this machine (${rules.copyTo}${sameDisk})`
  const known =
    age === undefined ? "there is none yet" : `the newest of ${backups.length} is ${formatDuration(age)} old`
  const what = describeEstimate(estimate)
  const where = `to ${folder}${copy}, restored once as proof; ${known}`
  if (isEnough) return [`right before Synapse stops, backs up ${what}`, where]
  const again = isCutover
    ? ["once more right before Synapse stops, so that whatever people did until then is in it"]
    : []
  return [`before anything is changed, backs up ${what}`, where, ...again]
}

/**
 * A disk that is full, or a MAS database that is gone, may be the very reason to go back. A server that serves comes first:
 * where there is a proven backup already, the way back does not wait for another.
 */
async function unlessOnTheWayBack<T>(
  { host }: Context,
  turn: Turn,
  work: () => Promise<T>,
  goOn: (older: BackupManifest, why: Refusal) => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const [older] = isWayBack(turn) ? await findBackups(host, turn.wanted.folder) : []
    if (older === undefined || !(error instanceof Refusal)) throw error
    return goOn(older, error)
  }
}

function outputsOf({ id, takenAt, provenAt, files, databases }: BackupManifest): BackupOutputs {
  const counted = sides.map((side) => {
    const { rows } = databases[side]
    return [side, { tables: Object.keys(rows).length, rows: totalRows(rows) }] as const
  })
  return {
    backup: id,
    takenAt,
    provenAt,
    files: Object.fromEntries(files.map(({ name, bytes, sha256 }) => [name, { bytes, sha256 }])),
    counts: Object.fromEntries(counted) as BackupOutputs["counts"],
  }
}
