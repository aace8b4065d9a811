import type { Freshness } from "../backup/ensure-fresh-backup.ts"
import type { WebService } from "../host/ask-service.ts"
import { type Database, type DatabaseAddress, type DatabaseOptions, openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import type { HostedInputs } from "../lifecycle/lifecycle.ts"
import type { LoginPlaces } from "../login-surface/rule.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { type DatabasePlace, readMasDatabase } from "../mas/mas-database.ts"
import type { DelegatedAuthInputs } from "../synapse/plan-delegation.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { readSynapseDatabase } from "../synapse/synapse-database.ts"
import type { AskedRehearsal } from "./certificate-asked.ts"
import type { MigrationPlaces } from "./cut-over.ts"
import type { EvidencePlaces } from "./evidence.ts"
import type { Side } from "./holdings.ts"
import type { BackupLocation } from "./locate-backup.ts"

export interface Syn2MasMigrationInputs extends HostedInputs {
  /** As the stack's config has it: homeserver.yaml has to say the same. */
  readonly serverName: string
  /** Where accounts are looked up: in Synapse's database, or in MAS's. */
  readonly authentication: "legacy" | "delegated"
  readonly mas: MasAddress & WebService
  readonly databases: { readonly synapse?: DatabasePlace; readonly mas?: DatabasePlace }
  /** A folder of ours on the host, made beforehand. */
  readonly stateFolder: string
  /** Warnings that config has taken note of: name and count. */
  readonly acknowledge: Readonly<Record<string, number>>
  /** Where a proven backup is, and how young it has to be before anything stops. */
  readonly backup: BackupLocation & Freshness
  /** What comes after the migration: tried before anything stops. */
  readonly delegation: Omit<DelegatedAuthInputs, "host">
  /** Where the logs of check and dry-run are copied to on this machine, and how old they may be at the migration. */
  readonly evidence: Omit<EvidencePlaces, "stateFolder">
  /** Where a log-in will lead: looked at before anything stops. Without it, as in states of before, nobody looks. */
  readonly login?: LoginPlaces
  /** What a cutover asks for; without it, nobody asks. */
  readonly rehearsal?: AskedRehearsal
}

export function synapseOf({ delegation }: Syn2MasMigrationInputs): SynapseAddress {
  const { service, file, keptAt, synapseEndpoint } = delegation
  return { service, homeserverYaml: file, keptAt, endpoint: synapseEndpoint }
}

export function placesOf(host: Host, inputs: Syn2MasMigrationInputs): MigrationPlaces {
  const { mas, stateFolder, acknowledge } = inputs
  return {
    synapse: synapseOf(inputs),
    mas,
    stateFolder,
    acknowledge,
    evidence: { ...inputs.evidence, stateFolder },
    open: (side, options) => openSide(host, inputs, side, options),
  }
}

export async function openSide(
  host: Host,
  inputs: Syn2MasMigrationInputs,
  side: Side,
  options?: DatabaseOptions,
): Promise<Database> {
  if (side === "synapse") {
    return openDatabase(host, await readSynapseDatabase(host, synapseOf(inputs), inputs.databases.synapse))
  }
  return openDatabase(host, await masSource(host, inputs), options)
}

export async function masSource(host: Host, { mas, databases }: Syn2MasMigrationInputs): Promise<DatabaseAddress> {
  return readMasDatabase(host, mas, databases.mas)
}
