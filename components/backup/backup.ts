import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import { HostedResource } from "../provider.ts"
import type { BackupOutputs, BackupServer } from "./backup-lifecycle.ts"
import type { BackupRules } from "./backup-places.ts"

/** A proven backup of both services. */
export interface BackupArgs {
  host: Input<HostAddress>
  /** With each turn of the switch there has to be a young one before anything is changed; before the way back, a new one. */
  authentication: Input<"legacy" | "delegated">
  /** What is backed up: its files, services and databases. */
  server: Input<BackupServer>
  /** A folder of ours on the host, for backups and nothing else. @example "/var/lib/matrix-auth/example.org/backups" */
  folder: Input<string>
  /** The folder of ours there with what the way back needs. */
  stateFolder: Input<string>
  /** How backups are kept, and what is in them. */
  rules: Input<BackupRules>
  /** An older one is not young enough to change a service's settings. A window rests on a new one in any case. */
  youngerThanSeconds: Input<number>
}

/** There is a backup, and it was restored once. Drift: its files are gone from the host or were altered; not its age. */
export class Backup extends HostedResource {
  /** Name of its folder, here and there; `latest` beside it is what `read` found. */
  declare readonly backup: Output<BackupOutputs["backup"]>
  /** ISO 8601, by the host's clock. */
  declare readonly takenAt: Output<string>
  declare readonly provenAt: Output<string>
  /** Size and digest of each file, by its name. */
  declare readonly files: Output<BackupOutputs["files"]>
  /** How many tables and rows each dump holds, and had when it was restored. */
  declare readonly counts: Output<BackupOutputs["counts"]>

  constructor(name: string, args: BackupArgs, options?: CustomResourceOptions) {
    // In the room that knows both services: where their databases are is written in their own configs.
    const module = "migration/backup.provider"
    const outputs = ["backup", "takenAt", "provenAt", "files", "counts"]
    super({ room: "matrix", type: "Backup", module, outputs }, name, { ...args }, options)
  }
}
