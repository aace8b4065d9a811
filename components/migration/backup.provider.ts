import { type BackupInputs, backupLifecycle } from "../backup/backup-lifecycle.ts"
import { readKey } from "../files/managed-file.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { locateBackup } from "./locate-backup.ts"

/** A proven backup: here, since only this room knows both services, whose configs say where their databases are. */
export const lifecycle = backupLifecycle({ locate: locateBackup, isDelegated })

/** An edit that Synapse has not seen does not make it delegated. */
async function isDelegated(host: Host, { server: { synapse } }: BackupInputs): Promise<boolean> {
  const { homeserverYaml: path, service } = synapse
  try {
    if ((await readKey(host, { path, dialect: "yaml11" }, "matrix_authentication_service.enabled")) !== true)
      return false
    if (service.commands?.start !== undefined) return true
    const { startedAt } = await inspectService(host, service)
    return startedAt !== undefined && (await host.stat(path)).modifiedAt < startedAt
  } catch {
    return false
  }
}
