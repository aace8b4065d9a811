import assert from "node:assert/strict"
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { temporaryProject } from "../../offline/toolchain/temporary-project.ts"
import { changed } from "../../unit/config/valid-config.ts"
import { checkout } from "../../unit/docs/docs.ts"

/** What each key names, nothing of which is there: of containers, files, a database and public addresses. */
const wrong: Readonly<Record<string, string>> = {
  "synapse.container": "no-such-synapse",
  "mas.container": "no-such-mas",
  "databases.synapse.container": "no-such-postgres",
  "wellKnown.container": "no-such-nginx",
  "element.container": "no-such-element",
  "databases.mas": "no-such-database.invalid:5432",
  "synapse.homeserverYaml": "/no/such/homeserver.yaml",
  "mas.config": "/no/such/mas.yaml",
  "wellKnown.file": "/no/such/client.json",
  "element.config": "/no/such/config.json",
  "synapse.url": "https://matrix.no-such.invalid/",
  "mas.issuer": "https://auth.no-such.invalid/",
  "wellKnown.url": "https://no-such.invalid/.well-known/matrix/client",
  "element.url": "https://element.no-such.invalid/",
}

test("one preview names everything in the config that is not there, each once, with its key and without a trace", async (t) => {
  const project = await temporaryProject(t, "whole-server")
  await symlink(join(checkout, "components"), join(project.folder, "components"))
  await symlink(join(checkout, "index.ts"), join(project.folder, "program.ts"))
  const there = await documents(join(project.folder, "there"))

  for (const authentication of ["legacy", "delegated"]) {
    for (const right of [{}, there]) {
      const left = Object.entries(wrong).filter(([key]) => !(key in right))
      await t.test(`${authentication}: ${left.length} names are wrong`, async () => {
        await configure(project.folder, { ...wrong, ...right, authentication })
        const { exitCode, output } = await project.pulumi("preview", "--stack", "test")
        assert.notEqual(exitCode, 0)
        const named = [...output.matchAll(/^ +Where: .* key ([\w.]+)[,.]/gm)].map(([, key]) => key)
        assert.deepEqual(named.toSorted(), left.map(([key]) => key).toSorted(), output)
        for (const [, name] of left) assert.ok(output.includes(name), `${name}\n${output}`)
        assert.match(output, new RegExp(`${left.length} things are refused`))
        assert.equal(output.match(/^ +\d+\. /gm)?.length, left.length)
        assert.doesNotMatch(output, /^\s+at |\.ts:\d+|Error:|bug of matrix-auth|node:internal/m)
      })
    }
  }
})

/** Documents that can be read, by the keys that name them. */
async function documents(folder: string): Promise<Readonly<Record<string, string>>> {
  await mkdir(folder)
  const texts = {
    "synapse.homeserverYaml": "a: 1\n",
    "mas.config": "a: 1\n",
    "wellKnown.file": "{}",
    "element.config": "{}",
  }
  const written = Object.entries(texts).map(async ([key, text]) => {
    await writeFile(join(folder, key), text)
    return [key, join(folder, key)] as const
  })
  return Object.fromEntries(await Promise.all(written))
}

async function configure(folder: string, named: Readonly<Record<string, string>>): Promise<void> {
  const at = (key: string) => named[key]
  const config = changed({
    authentication: at("authentication"),
    host: { stateFolder: join(folder, "host/state") },
    synapse: {
      container: at("synapse.container"),
      homeserverYaml: at("synapse.homeserverYaml"),
      url: at("synapse.url"),
    },
    mas: { container: at("mas.container"), config: at("mas.config"), issuer: at("mas.issuer") },
    databases: {
      synapse: { container: at("databases.synapse.container") },
      mas: { host: at("databases.mas")?.split(":")[0] },
    },
    wellKnown: { container: at("wellKnown.container"), file: at("wellKnown.file"), url: at("wellKnown.url") },
    element: { container: at("element.container"), config: at("element.config"), url: at("element.url") },
  })
  const namespaced = Object.entries(config).map(([key, value]) => [`whole-server:${key}`, value])
  const file = join(folder, "Pulumi.test.yaml")
  const [salt = ""] = /^encryptionsalt: .*$/m.exec(await readFile(file, "utf8")) ?? []
  // JSON is YAML.
  await writeFile(file, `${salt}\nconfig: ${JSON.stringify(Object.fromEntries(namespaced))}\n`)
}
