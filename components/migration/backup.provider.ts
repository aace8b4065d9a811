import { backupLifecycle } from "../backup/backup-lifecycle.ts"
import { locateBackup } from "./locate-backup.ts"

/** A proven backup: here, since only this room knows both services, whose configs say where their databases are. */
export const lifecycle = backupLifecycle(locateBackup)
