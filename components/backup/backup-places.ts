import type { Dialect } from "../documents/dialects.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import type { DumpSource } from "./dump-source.ts"
import type { Side } from "./manifest.ts"

/** A service, by its config. */
export interface ServiceFiles {
  /** Its config on the host. */
  readonly config: string
  readonly dialect: Dialect
  readonly service: ServiceAddress
}

/** How backups are kept. */
export interface BackupRules {
  /** Folder on this machine, the operator's, for the copies; relative to the project. `null`: none is made. */
  readonly copyTo: string | null
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
  readonly databases: Readonly<Record<Side, DumpSource>>
  readonly services: Readonly<Record<Side, ServiceFiles>>
  readonly rules: BackupRules
}
