import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ServiceAddress } from "../../../components/host/service-address.ts"
import { attacker, type Prey } from "./plant.ts"

export const text = "server_name: example.org\n"
export const changed = `${text}report_stats: false\n`
export const secret = "root's own\n"

/** A server's files as an attacker in a container finds them, and what he is after. */
export interface Scene extends AsyncDisposable {
  /** Mounted into the container, and its user's. */
  readonly folder: string
  readonly file: string
  readonly stateFolder: string
  readonly prey: Prey
  readonly synapse: ServiceAddress
  readonly mas: ServiceAddress
  /** What a program that tried a text was given, and what Synapse was told. */
  readonly tried: () => Promise<string>
  /** What of the prey is not as it was. */
  readonly harm: () => Promise<readonly string[]>
}

export async function scene(): Promise<Scene> {
  const root = await mkdtemp(join(tmpdir(), "planted-"))
  await chmod(root, 0o755)
  const [folder, stateFolder, ours] = [join(root, "synapse"), join(root, "state"), join(root, "ours")]
  const prey = {
    folder: join(root, "prey"),
    file: join(root, "prey", "homeserver.yaml"),
    nothing: join(root, "prey", "nothing"),
  }
  for (const path of [folder, prey.folder, ours]) await mkdir(path, { mode: 0o755 })
  await mkdir(stateFolder, { mode: 0o700 })
  await writeFile(prey.file, secret, { mode: 0o600 })
  const file = join(folder, "homeserver.yaml")
  await writeFile(file, text, { mode: 0o640 })
  for (const path of [folder, file]) await chown(path, attacker, attacker)
  await writeFile(join(ours, "described.json"), JSON.stringify([describedWith(folder)]))
  const triedAt = join(ours, "tried")
  const before = await lookAt(prey)
  return {
    folder,
    file,
    stateFolder,
    prey,
    synapse: { name: "synapse", engine: ["sh", "-c", engine, "engine", ours], commands: { restart: ["true"] } },
    mas: { name: "mas", commands: { cli: ["sh", "-c", 'cat "$3" >"$0"', triedAt] } },
    tried: async () => readFile(triedAt, "utf8").finally(() => rm(triedAt, { force: true })),
    harm: async () => differences(before, await lookAt(prey)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

/** Speaks as docker does, as far as it is asked here; what would be mounted is copied as root would have read it. */
const engine = `ours=$1; shift
case "$1 $2" in
  "container inspect") [ "$3" = synapse ] && exec cat "$ours/described.json" ;;
  "container create") cat >/dev/null
    for word; do
      case $word in type=bind,source=*) word=\${word#*source=}; cat "\${word%%,*}" >"$ours/tried" ;; esac
    done
    exit 0 ;;
  start*) exit 0 ;;
  update*) exit 0 ;;
esac
echo "Error: No such container" >&2
exit 1`

function describedWith(folder: string) {
  return {
    ...{ Id: "i", Name: "/synapse", Image: "sha256:0", RestartCount: 0 },
    State: { Status: "running", Running: true, ExitCode: 0, StartedAt: "2026-11-01T00:00:00Z" },
    Config: { Image: "synapse", Env: [], User: "", WorkingDir: "" },
    HostConfig: { NetworkMode: "none" },
    NetworkSettings: { Networks: {} },
    Mounts: [{ Type: "bind", Source: folder, Destination: "/data", RW: true }],
  }
}

/** Whatever an attacker could want to change of it; not how many names it has, which is his own doing. */
async function lookAt({ file, folder }: Prey): Promise<Readonly<Record<string, string>>> {
  const { uid, gid, mode, mtimeMs, ino } = await lstat(file)
  const around = await lstat(folder)
  return {
    text: await readFile(file, "utf8"),
    facts: JSON.stringify({ uid, gid, mode, mtimeMs, ino }),
    folder: JSON.stringify([around.uid, around.gid, around.mode, await readdir(folder)]),
  }
}

function differences(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(before)
    .filter((key) => before[key] !== now[key])
    .map((key) => `${key}: ${before[key]} => ${now[key]}`)
}
