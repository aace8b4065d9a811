import { hash } from "node:crypto"
import type { Dialect } from "../documents/dialects.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import type { DumpSource } from "./dump-source.ts"
import { type Side, sides } from "./manifest.ts"

/** A service, by its config. */
export interface ServiceFiles {
  /** Its config on the host. */
  readonly config: string
  readonly dialect: Dialect
  readonly service: ServiceAddress
  /** Paths in its container of all config files that it is started with, and of folders of such. They name files, too. */
  readonly startedWith?: readonly string[]
}

/** How backups are kept. */
export interface BackupRules {
  /** Folder on this machine, the operator's, for the copies; relative to the project. Left out: none is made. */
  readonly copyTo?: string
  /** How many of the newest are kept, here and there. The newest, and the one that a cutover rests on, always are. */
  readonly keep: number
  /** Whether Synapse's media are in it: everything that people have sent. */
  readonly media: boolean
  /** More files and folders of the host, with absolute paths. */
  readonly include: readonly string[]
}

/** All that a backup has to reach. */
export interface BackupPlaces {
  /** A folder of ours on the host, for backups and nothing else. Made when missing. */
  readonly folder: string
  /** The folder of ours there with what stood at managed keys before us. */
  readonly stateFolder: string
  readonly databases: Readonly<Record<Side, DumpSource>>
  readonly services: Readonly<Record<Side, ServiceFiles>>
  readonly rules: BackupRules
}

/** A digest of what a backup is of: which databases and files. Where it is kept, and how long, is none of it. */
export function scopeOf({ databases, services, rules }: BackupPlaces): string {
  const of = sides.map((side) => {
    const { address, database } = databases[side]
    return { side, address, database, config: services[side].config }
  })
  return hash("sha256", JSON.stringify([of, rules.media, [...rules.include].sort()]))
}
