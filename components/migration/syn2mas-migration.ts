import type { CustomResourceOptions, Input, Output } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import type { LoginPlaces } from "../login-surface/rule.ts"
import type { DatabasePlace } from "../mas/mas-database.ts"
import { HostedResource } from "../provider.ts"
import type { AskedRehearsal } from "./certificate-asked.ts"
import type { Syn2MasMigrationInputs } from "./migration-sides.ts"
import type { Syn2MasMigrationOutputs } from "./syn2mas-migration.provider.ts"

/** Where every account is to be found: in Synapse, or in MAS too. */
export interface Syn2MasMigrationArgs {
  host: Input<HostAddress>
  /** What stands after the colon in a user id. @example "example.org" */
  serverName: Input<string>
  authentication: Input<"legacy" | "delegated">
  mas: Input<Syn2MasMigrationInputs["mas"]>
  /** Where the databases listen. Default: what the services' own configs name. */
  databases: Input<{ readonly synapse?: DatabasePlace; readonly mas?: DatabasePlace }>
  /** A folder of ours on the host. */
  stateFolder: Input<string>
  /** Warnings of `syn2mas check` taken note of, by name and count. @example {"guests": 1} */
  acknowledge: Input<Readonly<Record<string, number>>>
  /** Where a proven backup is, and how young it has to be before anything stops. */
  backup: Input<Syn2MasMigrationInputs["backup"]>
  /** What comes after the migration, to be tried before anything stops. */
  delegation: Input<Syn2MasMigrationInputs["delegation"]>
  /** Where the logs of check and dry-run are copied to on this machine, and how old they may be at the migration. */
  evidence: Input<Syn2MasMigrationInputs["evidence"]>
  /** Where a log-in will lead, to be looked at before anything stops. */
  login: Input<LoginPlaces>
  /** The rehearsal that a cutover asks for. Default: none. */
  rehearsal?: Input<AskedRehearsal>
}

/** MAS holds every account that Synapse holds. Drift: Synapse uses its own again, or MAS has none. */
export class Syn2MasMigration extends HostedResource {
  /** How many of each kind MAS got, as of the migration. */
  declare readonly migrated: Output<Readonly<Record<string, number>>>
  /** When, in ISO 8601; `null`: not by us, or not yet. */
  declare readonly migratedAt: Output<string | null>
  /** How long nobody was served, in seconds, in all and step by step; `null`: not by us, or not yet. */
  declare readonly window: Output<Syn2MasMigrationOutputs["window"]>
  /** On what the cutover went ahead: a rehearsal, or the reason why there was none; `null`: nobody asked. */
  declare readonly rehearsed: Output<string | null>
  /** When check and dry-run were made that it rests on, and the SHA-256 of each of their logs; `null`: not yet. */
  declare readonly evidence: Output<Syn2MasMigrationOutputs["evidence"]>

  constructor(name: string, args: Syn2MasMigrationArgs, options?: CustomResourceOptions) {
    const module = "migration/syn2mas-migration.provider"
    const outputs = ["migrated", "migratedAt", "window", "rehearsed", "evidence"]
    super({ room: "mas", type: "Syn2MasMigration", module, outputs }, name, { ...args }, options)
  }
}
