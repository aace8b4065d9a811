import assert from "node:assert/strict"
import { lstat, readFile } from "node:fs/promises"
import { join } from "node:path"
import { localHost as host } from "../../../components/host/local-host.ts"
import { checkConfig } from "../../../components/mas/check-config.ts"
import { validateConfig } from "../../../components/synapse/validate-config.ts"
import { act, arm, clear } from "../../../components/window/dead-mans-switch.ts"
import { bootPlacesIn } from "../../unit/window/world.ts"
import { archiveFound, archiveSmall, archiveWhole } from "./archives.ts"
import { attacker } from "./plant.ts"
import { changed, type Scene, text } from "./scene.ts"

/** What we do to somebody else's file, by the code that does it; each leaves the file as it was. */
export const deeds: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  read: async ({ file }) => assert.equal(await host.read(file), text),
  replace: async ({ file }) => {
    await host.replace(file, { before: text, after: changed })
    await isPlain(file, changed)
    await host.replace(file, { before: changed, after: text })
  },
  lock: async ({ file }) => assert.equal(await host.withLockOn(file, "clients", async () => "held"), "held"),
  "let Synapse try a candidate": async ({ file, synapse, stateFolder, tried }) => {
    await validateConfig(host, { service: synapse, homeserverYaml: file, endpoint: "http://synapse:8008/" }, changed, {
      stateFolder,
    })
    assert.equal(await tried(), changed)
  },
  "let mas-cli try a candidate": async ({ file, mas, tried }) => {
    await checkConfig(host, { service: mas, config: file }, changed)
    assert.equal(await tried(), changed)
  },
  "freeze a copy": async ({ file, stateFolder }) => {
    const frozen = join(stateFolder, "homeserver.frozen.yaml")
    await host.write(frozen, text, { mode: 0o600, like: file })
    await isPlain(frozen, text)
  },
  "archive the small files": archiveSmall,
  "archive a folder": archiveWhole,
  "archive what was found": archiveFound,
  "put back": async ({ file, synapse, stateFolder }) => {
    const files = [{ path: file, before: text }]
    await arm(
      host,
      { stateFolder, leaseSeconds: 600, boot: bootPlacesIn(join(stateFolder, "machine")) },
      { service: synapse, files, end: [], policies: [] },
    )
    try {
      await host.replace(file, { before: text, after: changed })
      await act(host, stateFolder)
      await isPlain(file, text)
    } finally {
      await clear(host, stateFolder)
    }
  },
}

/** Neither a link nor another one's, with just this text. */
async function isPlain(path: string, wanted: string): Promise<void> {
  const facts = await lstat(path)
  assert.deepEqual([facts.isFile(), facts.nlink, facts.uid], [true, 1, attacker], path)
  assert.equal(await readFile(path, "utf8"), wanted)
}
