import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { localHost as host } from "../../../components/host/local-host.ts"
import { switchScript } from "../../../components/window/switch-script.ts"
import { type FaultyPath, faultyPath } from "./faulty-shell.ts"
import { legacy } from "./world.ts"

/** A switch and the file that it is about, in folders of their own. */
export interface Arena extends AsyncDisposable {
  readonly path: FaultyPath
  readonly script: string
  readonly file: string
  readonly folder: string
  readonly switchFolder: string
  /** What Synapse was told, and with which homeserver.yaml. */
  told(): Promise<readonly string[]>
}

/** A switch that lies there as `arm` leaves it, before it is prepared; no process of it runs. Programs of the test's own, by name. */
export async function lay(own: Readonly<Record<string, string>> = {}): Promise<Arena> {
  const root = await mkdtemp(join(tmpdir(), "switch-faults-"))
  const [folder, switchFolder] = [join(root, "synapse"), join(root, "state", "switch")]
  const [file, kept, told] = [join(folder, "homeserver.yaml"), join(root, "state", "kept.json"), join(root, "told")]
  await mkdir(folder, { recursive: true })
  await mkdir(switchFolder, { recursive: true })
  await writeFile(file, legacy, { mode: 0o640 })
  await writeFile(join(switchFolder, "before.0"), legacy)
  for (const name of ["undecided", "unchanged", "acting", "log", "lease"])
    await writeFile(join(switchFolder, name), `${name}\n`)
  const sum = (await host.exec(["cksum"], { stdinFile: file })).stdout.trim()
  const script = switchScript({
    service: { name: "synapse" },
    files: [
      { path: file, sum, room: join(folder, ".matrix-auth-room") },
      { path: kept, sum: undefined, room: join(root, "state", ".matrix-auth-other") },
    ],
    end: [{ service: { name: "mas" }, name: "mas-syn2mas" }],
    policies: [{ service: { name: "synapse" }, policy: "unless-stopped" }],
  })
  await writeFile(join(switchFolder, "run.sh"), script)
  const original = join(root, "original")
  await writeFile(original, legacy)
  const docker = `#!/bin/sh
case $1 in start | restart) if /usr/bin/cmp -s '${file}' '${original}'; then echo "$1 legacy" >>'${told}'; else echo "$1 otherwise" >>'${told}'; fi ;; esac
`
  return {
    path: await faultyPath(root, script, { docker, ...own }),
    ...{ script: join(switchFolder, "run.sh"), file, folder, switchFolder },
    told: async () => ((await host.readIfPresent(told)) ?? "").split("\n").filter(Boolean),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}
