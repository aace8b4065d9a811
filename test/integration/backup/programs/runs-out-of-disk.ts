import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { archiveFiles } from "../../../../components/backup/archive.ts"
import { dumpDatabase } from "../../../../components/backup/dump-database.ts"
import { haveFreshBackup } from "../../../../components/backup/ensure-fresh-backup.ts"
import { Refusal } from "../../../../components/report/refusal.ts"
import { host } from "../world.ts"
import { answer, readGiven } from "./input.ts"

/** Writes where there is no room: a dump, an archive, a whole backup, and a copy of one. Tells what came of each. */
const { places, folder } = await readGiven()
const context = { host, say: () => {} }

async function outcomeOf(work: Promise<unknown>) {
  const error = await work.then(
    () => "it was written",
    (thrown: unknown) => thrown,
  )
  const told = error instanceof Refusal ? { code: error.code, what: error.what } : { code: String(error), what: "" }
  return { ...told, left: (await readdir(folder)).sort() }
}

const rules = { keep: 1, media: false, include: [] }
const hour = { youngerThanSeconds: 3600 }
answer({
  dump: await outcomeOf(dumpDatabase(host, places.databases.synapse, join(folder, "some.dump"))),
  archive: await outcomeOf(archiveFiles(host, join(folder, "files.tar"), { paths: [process.execPath] })),
  backup: await outcomeOf(haveFreshBackup(context, { ...places, folder, rules }, hour)),
  copy: await outcomeOf(haveFreshBackup(context, { ...places, rules: { ...rules, copyTo: folder } }, hour)),
})
