import { resolve } from "node:path"
import type { BackupInputs } from "../backup/backup-lifecycle.ts"
import type { BackupPlaces } from "../backup/backup-places.ts"
import type { DumpSource } from "../backup/dump-source.ts"
import type { DatabaseAddress } from "../host/database.ts"
import type { Argv, Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { readMasDatabase } from "../mas/mas-database.ts"
import { readSynapseDatabase } from "../synapse/synapse-database.ts"
import { configFilesIn } from "../synapse/validate-config.ts"

/** Where backups are and what they are of, as a resource's inputs say it. */
export type BackupLocation = Pick<BackupInputs, "server" | "folder" | "stateFolder" | "rules">

/** Completes it by what the services' own configs say about their databases, passwords included: never for the state. */
export async function locateBackup(host: Host, location: BackupLocation): Promise<BackupPlaces> {
  const { server, folder, stateFolder, rules } = location
  const { synapse, mas, databases, programs } = server
  return {
    folder,
    stateFolder,
    databases: {
      synapse: withPrograms(await readSynapseDatabase(host, synapse, databases.synapse), programs.synapse),
      mas: withPrograms(await readMasDatabase(host, mas, databases.mas), programs.mas),
    },
    services: {
      synapse: {
        ...{ config: synapse.homeserverYaml, dialect: "yaml11", service: synapse.service },
        startedWith: await configsOf(host, synapse.service),
      },
      mas: { config: mas.config, dialect: "yaml12", service: mas.service },
    },
    // Relative paths are the project's: a state is used from more than one checkout.
    rules: rules.copyTo === undefined ? rules : { ...rules, copyTo: resolve(rules.copyTo) },
  }
}

/** Paths in the service's container of the config files that it is started with; none where it is no container. */
export async function configsOf(host: Host, service: ServiceAddress): Promise<readonly string[]> {
  return service.commands === undefined ? configFilesIn((await inspectService(host, service)).argv) : []
}

function withPrograms(address: DatabaseAddress, programs: Argv | undefined): DumpSource {
  return programs === undefined ? address : { ...address, programs }
}
