import { z } from "zod"

/** The two services whose data a backup holds. */
export const sides = ["synapse", "mas"] as const
export type Side = (typeof sides)[number]

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9.-]*$/)
const count = z.number().int().nonnegative()

const backedUpDatabase = z.object({
  /** Name of the database. */
  database: z.string(),
  /** Of Postgres, such as `15.14`. */
  serverVersion: z.string(),
  /** What a database that is to take it has to be made with. */
  locale: z.object({ encoding: z.string(), collate: z.string(), ctype: z.string() }),
  /** As it was in the server, indexes included. */
  bytes: count,
  /** Rows of each table as of the dump, by `schema.table`: what the restored dump had, too. */
  rows: z.record(z.string(), count),
})

const manifest = z.object({
  format: z.literal(1),
  /** Digest of what was to be in it (`scopeOf`): one of something else is none for us. */
  scope: z.string(),
  /** Name of the backup's folder. */
  id: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/),
  /** When it was begun, by the host's clock: whatever is older is in it. */
  takenAt: z.iso.datetime(),
  /** When it had been restored and counted. */
  provenAt: z.iso.datetime(),
  /** Beside the manifest. `modifiedAt` in seconds since 1970, by which a change is seen without reading it all. */
  files: z
    .array(z.object({ name, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/), modifiedAt: z.number() }))
    .min(1),
  databases: z.object({ synapse: backedUpDatabase, mas: backedUpDatabase }),
  /** What `files.tar` holds. */
  smallFiles: z.object({ count, bytes: count }),
  /** Images of the containers that ran, by service; absent for one without a container. */
  images: z.record(z.string(), z.string()),
})

/** One backup, as told by the `manifest.json` in its folder: written last, so that one without is none. */
export type BackupManifest = Readonly<z.infer<typeof manifest>>
export type BackupFile = BackupManifest["files"][number]

/** Name of the manifest within a backup's folder. */
export const manifestName = "manifest.json"

/** `undefined`: it is no manifest of ours. */
export function readManifest(text: string): BackupManifest | undefined {
  try {
    return manifest.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function writeManifest(backup: BackupManifest): string {
  return `${JSON.stringify(backup, null, 2)}\n`
}

/** How old a backup is, in seconds, by the clock of the host. */
export function ageOf({ takenAt }: Pick<BackupManifest, "takenAt">, now: Date): number {
  return (now.getTime() - Date.parse(takenAt)) / 1000
}

/** Sum of its files. */
export function bytesOf({ files }: Pick<BackupManifest, "files">): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
