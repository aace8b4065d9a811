import assert from "node:assert/strict"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { inspectService } from "../../../components/host/inspection.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { seesThatFile } from "../../../components/host/seen-by-service.ts"
import { temporaryFolder } from "../../unit/host/scenery.ts"
import { docker, idle, startContainer, tinyImage } from "./containers.ts"

const image = await tinyImage()

/** How a document gets into a container, and whether that goes on seeing the old one after a change. */
const mounts = [
  { name: "its folder", words: (root: string) => ["-v", `${root}/real:/data`], isOld: false },
  { name: "its folder, by a link", words: (root: string) => ["-v", `${root}/link:/data`], isOld: false },
  {
    name: "the file itself",
    words: (root: string) => ["-v", `${root}/real/config.json:/etc/config.json`],
    isOld: true,
  },
  {
    name: "the file itself, by a link",
    words: (root: string) => ["-v", `${root}/linked.json:/etc/a.json`],
    isOld: true,
  },
  {
    name: "its folder, and the file itself elsewhere",
    words: (root: string) => ["-v", `${root}/real:/data`, "-v", `${root}/real/../real/config.json:/etc/a.json`],
    isOld: true,
  },
]

for (const { name, words, isOld } of mounts) {
  test(`what a container with ${name} mounted sees is known after a change, and after a restart`, async (t) => {
    const root = await temporaryFolder(t)
    await mkdir(join(root, "real"))
    await writeFile(join(root, "real", "config.json"), "{}")
    await symlink("real", join(root, "link"))
    await symlink("link/config.json", join(root, "linked.json"))
    const container = await startContainer(t, image, { words: words(root), argv: idle })
    const service = { name: "web", container }
    const sees = async (path: string) => seesThatFile(host, await inspectService(host, service), join(root, path))
    for (const path of ["real/config.json", "link/config.json", "linked.json"])
      assert.equal(await sees(path), true, path)
    await host.replace(join(root, "link", "config.json"), { before: "{}", after: '{"changed":true}' })
    for (const path of ["real/config.json", "link/config.json", "linked.json"])
      assert.equal(await sees(path), !isOld, path)
    await docker("restart", "--time", "1", container)
    assert.equal(await sees("linked.json"), true)
    await docker("stop", "--time", "1", container)
    assert.equal(await sees("linked.json"), undefined)
  })
}
