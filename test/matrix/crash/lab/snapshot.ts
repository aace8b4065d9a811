import { copyFile, mkdir, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { execa } from "execa"
import { endAllOf } from "../../../lab/processes.ts"
import { waitUntilServed } from "../judge/serving.ts"
import { configOf } from "./configure.ts"
import type { CrashLab } from "./crash-lab.ts"
import { putFolderBack } from "./put-folder-back.ts"

/** A world to come back to: both databases, the server's files, the state of Pulumi and the stack's config. */
export interface Snapshot {
  readonly name: string
  readonly folder: string
}

const databases = ["synapse", "mas"] as const

/** Keeps the world as it is, under a name. Synapse and MAS stand still meanwhile: a template may have no session. */
export async function takeSnapshot(lab: CrashLab, name: string): Promise<Snapshot> {
  const folder = join(dirname(lab.project), "snapshots", name)
  await mkdir(folder, { recursive: true })
  await serversStandStill(lab)
  await Promise.all([
    ...databases.map((database) => remake(lab, database, { from: database, to: `${database}_${name}` })),
    execa("cp", ["--archive", lab.hostFolder, join(folder, "host")]),
    execa("cp", ["--archive", lab.backendFolder, join(folder, "backend")]),
    copyFile(configOf(lab), join(folder, "config.yaml")),
  ])
  await serversStart(lab)
  return { name, folder }
}

/** Makes the world as it was, whatever became of it; seconds. What still runs of the stack's own is ended. */
export async function reset(lab: CrashLab, { name, folder }: Snapshot): Promise<void> {
  await endAllOf(lab)
  await serversStandStill(lab)
  await removeOneShots(lab)
  await Promise.all([
    ...databases.map((database) => remake(lab, database, { from: `${database}_${name}`, to: database })),
    putFolderBack(join(folder, "host"), lab.hostFolder),
    rm(lab.backendFolder, { recursive: true, force: true }).then(() =>
      execa("cp", ["--archive", join(folder, "backend"), lab.backendFolder]),
    ),
    copyFile(join(folder, "config.yaml"), configOf(lab)),
  ])
  await serversStart(lab)
}

function docker({ dockerCli, environment }: CrashLab, ...words: readonly string[]) {
  return execa(dockerCli, [...words], { env: environment })
}

async function serversStandStill(lab: CrashLab): Promise<void> {
  const { synapse, mas } = lab.places
  await Promise.all([synapse, mas].map(({ container }) => docker(lab, "stop", "--time", "1", container)))
}

/** Element mounts its very file: it sees another one only when it starts again. */
async function serversStart(lab: CrashLab): Promise<void> {
  const { synapse, mas, element } = lab.places
  await Promise.all([
    docker(lab, "start", synapse.container, mas.container),
    docker(lab, "restart", "--time", "1", element.container),
  ])
  await waitUntilServed(lab, 60)
}

async function remake(
  lab: CrashLab,
  database: (typeof databases)[number],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const { container } = lab.places.databases[database]
  const sql = [`DROP DATABASE IF EXISTS "${to}" WITH (FORCE)`, `CREATE DATABASE "${to}" TEMPLATE "${from}"`]
  const words = ["exec", container, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", database, "-d", "postgres"]
  await docker(lab, ...words, ...sql.flatMap((statement) => ["-c", statement]))
}

/** One-shot containers are named after the service that they run beside. */
async function removeOneShots(lab: CrashLab): Promise<void> {
  const { synapse, mas, databases: postgres } = lab.places
  const beside = [synapse, mas, postgres.synapse, postgres.mas]
  const filters = beside.flatMap(({ container }) => ["--filter", `name=^${container}-matrix-auth-`])
  const { stdout } = await docker(lab, "ps", "--all", "--quiet", ...filters)
  const ids = stdout.split("\n").filter(Boolean)
  if (ids.length > 0) await docker(lab, "rm", "--force", "--volumes", ...ids)
}
