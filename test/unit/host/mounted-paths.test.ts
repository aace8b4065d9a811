import assert from "node:assert/strict"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import type { Inspection } from "../../../components/host/inspection.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { containerPathOf, mountsFileItself } from "../../../components/host/mounted-paths.ts"
import { propertyRuns } from "../property-runs.ts"
import { temporaryFolder } from "./scenery.ts"

/** A deployment in `real`, to which `link` leads; two files, one of them linked besides. */
async function deployment(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, "real", "data"), { recursive: true })
  await writeFile(join(folder, "real", "data", "homeserver.yaml"), "")
  await writeFile(join(folder, "real", "config.json"), "")
  await symlink("real", join(folder, "link"))
  await symlink("real/config.json", join(folder, "config-link.json"))
  return folder
}

function mounting(...mounts: readonly (readonly [source: string, target: string])[]): Inspection {
  const described = mounts.map(([source, target]) => ({ kind: "bind", source, target, isWritable: true }) as const)
  return { mounts: described } as unknown as Inspection
}

test("what a container mounts is found by whatever path it was mounted, and by whatever path it is named", async (t) => {
  const folder = await deployment(t)
  const data = ["real/data", "link/data", "link/../real/./data"]
  const config = ["real/config.json", "link/config.json", "config-link.json"]
  for (const [n, mounted] of data.entries()) {
    const inspection = mounting([`${folder}/${mounted}`, "/data"], [`${folder}/${config[n]}`, "/srv/config.json"])
    for (const named of data) {
      assert.equal(
        await containerPathOf(host, inspection, `${folder}/${named}/homeserver.yaml`),
        "/data/homeserver.yaml",
      )
      assert.equal(await mountsFileItself(host, inspection, `${folder}/${named}/homeserver.yaml`), false)
    }
    for (const named of config) {
      assert.equal(await containerPathOf(host, inspection, `${folder}/${named}`), "/srv/config.json")
      assert.equal(await mountsFileItself(host, inspection, `${folder}/${named}`), true, `${named} by ${mounted}`)
    }
    assert.equal(await containerPathOf(host, inspection, `${folder}/real/other`), undefined)
  }
})

test("a file that is mounted by itself goes on counting as that after it was replaced", async (t) => {
  const folder = await deployment(t)
  const inspection = mounting([`${folder}/real`, "/all"], [`${folder}/link/config.json`, "/srv/config.json"])
  await host.replace(`${folder}/config-link.json`, { before: "", after: "{}" })
  assert.equal(await mountsFileItself(host, inspection, `${folder}/config-link.json`), true)
  assert.equal(
    await containerPathOf(host, inspection, `${folder}/real/data/homeserver.yaml`),
    "/all/data/homeserver.yaml",
  )
})

test("however a document and a mount are written, it is found where the container really sees it", async (t) => {
  const mine = process.getuid?.() === 0 ? [] : ["--map-root-user"]
  const program = join(import.meta.dirname, "programs", "finds-documents-through-mounts.ts")
  const argv = ["--mount", ...mine, process.execPath, program, await temporaryFolder(t), String(propertyRuns(24))]
  const { exitCode, all } = await execa("unshare", argv, { reject: false, all: true, cancelSignal: t.signal })
  assert.equal(exitCode, 0, all)
})
