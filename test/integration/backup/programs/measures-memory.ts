import { mkdir, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { copyBackup } from "../../../../components/backup/copy-backup.ts"
import { dumpDatabase } from "../../../../components/backup/dump-database.ts"
import type { BackupManifest } from "../../../../components/backup/manifest.ts"
import { host } from "../world.ts"
import { answer, readGiven } from "./input.ts"

/** Dumps a database and copies the dump, and tells by how many bytes this process grew at its largest. */
const { places, folder } = await readGiven()
const peak = () => process.resourceUsage().maxRSS * 1024
const source = places.databases.synapse

await writeFile(join(folder, "warm"), "")
await host.exec(["true"])
const before = peak()
const dump = await dumpDatabase(host, source, join(folder, "large.dump"))
const dumped = peak()

const id = "20260101T000000Z-abcd"
await mkdir(join(folder, id))
await rename(dump.path, join(folder, id, "large.dump"))
const files = [{ name: "large.dump", bytes: dump.bytes, sha256: dump.sha256, modifiedAt: 0 }]
const manifest = { id, files } as unknown as BackupManifest
await copyBackup(manifest, { host, folder, copyTo: join(folder, "copies"), say: () => {} })

answer({ bytes: dump.bytes, whileDumping: dumped - before, whileCopying: peak() - dumped })
