import assert from "node:assert/strict"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join, posix } from "node:path"
import { after, before, beforeEach, suite, test } from "node:test"
import { Document, parse, parseDocument } from "yaml"
import { markInUse } from "../../../components/files/in-use.ts"
import { type ClientInputs, lifecycle as client } from "../../../components/mas/client.provider.ts"
import { readMasDatabase } from "../../../components/mas/mas-database.ts"
import { lifecycle, type SettingsInputs } from "../../../components/mas/settings.provider.ts"
import { findSharedSecret } from "../../../components/synapse/plan-delegation.ts"
import { foreignId, type MasBench, openMasBench, settingsInputs } from "./bench.ts"

/** A key of MAS's config that names a file, in the place of one that holds the value itself. */
interface FileKey {
  readonly key: string
  readonly inline: string
  /** What is in the file; left out: of no interest to us, and not there. */
  readonly content?: string
  readonly isFolder?: boolean
  /** What we need of it. */
  readonly needed?: "shared secret" | "database password" | "pepper" | "client secret"
  /** Sections that it needs around it. */
  readonly with?: Readonly<Record<string, unknown>>
}

const { keys } = JSON.parse(await readFile(join(import.meta.dirname, "file-keys.json"), "utf8")) as {
  keys: readonly FileKey[]
}

suite("a secret in a file of its own, that MAS's config names", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await here().reset()
    await rm(inputs().keptAt, { force: true })
    await writeFile(inputs().homeserverYaml, "server_name: example.org\npassword_config: {pepper: s4lt}\n")
  })

  for (const one of keys) {
    test(`${one.key} is left in use, in legacy and delegated, and given back byte for byte`, async () => {
      const path = await configWith(one)
      const before = await here().text()
      assert.equal(await accepted(), "", "MAS takes it before us")
      for (const authentication of ["legacy", "delegated", "legacy"] as const) {
        await converge({ ...inputs(), authentication })
        assert.deepEqual(await standing(one), { file: path, inline: undefined }, authentication)
        assert.equal(await accepted(), "", authentication)
      }
      await markInUse(context().host, posix.dirname(inputs().keptAt))
      await lifecycle.remove({ ...inputs(), revision: 1 }, context())
      assert.equal(await here().text(), before)
    })
  }

  test("is read where we need its value", async () => {
    const read = {
      "shared secret": async () => findSharedSecret(context().host, { ...here().mas }),
      "database password": async () => (await readMasDatabase(context().host, here().mas, undefined)).password,
    } as const
    for (const one of keys) {
      if (one.needed !== "shared secret" && one.needed !== "database password") continue
      await here().reset()
      await configWith(one)
      const value = await read[one.needed]()
      assert.equal(String(value), one.content?.trim(), one.key)
    }
  })

  test("of a declared client is left in use as long as it holds the declared secret; MAS takes both", async () => {
    const one = keys.find(({ needed }) => needed === "client secret") ?? assert.fail()
    const path = await configWith(one)
    await convergeClient("cl1ent-secret")
    assert.deepEqual(await standing(one), { file: path, inline: undefined })
    assert.equal(await accepted(), "")
    const { drift = [] } = (await client.check?.(declared("cl1ent-secret"), declared("cl1ent-secret"), context())) ?? {}
    assert.deepEqual(drift, [])
    await convergeClient("another-secret")
    assert.deepEqual(await standing(one), { file: undefined, inline: "another-secret" })
    assert.equal(await accepted(), "")
  })

  /** MAS's config with the file in the place of the value. Returns the file's path. */
  async function configWith({ key, inline, content, isFolder, ...more }: FileKey): Promise<string> {
    const path = join(here().folder, `file-of-${key}`)
    if (isFolder) await mkdir(path, { recursive: true })
    else if (content !== undefined) await writeFile(path, content)
    const document = parseDocument(await here().text())
    const sections = JSON.parse(JSON.stringify(more.with ?? {}).replaceAll('"FILE"', JSON.stringify(path))) as object
    for (const [name, value] of Object.entries(sections)) document.set(name, document.createNode(value))
    if (document.hasIn(steps(inline))) document.deleteIn(steps(inline))
    document.setIn(steps(key), path)
    await writeFile(here().mas.config, document.toString())
    return path
  }

  async function standing({ key, inline }: FileKey) {
    const document = new Document(parse(await here().text()))
    return { file: document.getIn(steps(key)), inline: document.getIn(steps(inline)) }
  }

  /** Why MAS itself refuses the config; empty where it does not. */
  async function accepted(): Promise<string> {
    const [program, ...rest] = here().mas.service.commands?.cli ?? assert.fail()
    const words = [...rest, "mas-cli", "--config", here().mas.config, "config", "check"]
    const { exitCode, stderr } = await here().host.exec([program, ...words])
    return exitCode === 0 ? "" : stderr
  }

  function inputs(): SettingsInputs {
    return settingsInputs(here())
  }

  function declared(secret: string): ClientInputs {
    return {
      host: { kind: "local" },
      clientId: foreignId,
      secret,
      mas: here().mas,
      stateFolder: here().folder,
      client: {
        name: "forum",
        id: foreignId,
        clientName: "Forum",
        authMethod: "client_secret_basic",
        redirectUris: ["https://forum.example.org/cb"],
        credential: { kind: "secret" },
      },
    }
  }

  const convergeClient = (secret: string) => client.converge(declared(secret), undefined, context())
  const converge = (wanted: SettingsInputs) => lifecycle.converge(wanted, undefined, context())
  const context = () => ({ host: here().host, say: () => {} })
  const here = (): MasBench => world.bench ?? assert.fail("the bench did not open")
})

function steps(path: string): readonly (string | number)[] {
  return path.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
