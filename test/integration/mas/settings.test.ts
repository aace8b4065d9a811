import assert from "node:assert/strict"
import { readFile, rm, writeFile } from "node:fs/promises"
import { join, posix } from "node:path"
import { after, before, beforeEach, suite, test } from "node:test"
import fc from "fast-check"
import { parse } from "yaml"
import { markInUse } from "../../../components/files/in-use.ts"
import { readKept } from "../../../components/files/kept.ts"
import type { Checked } from "../../../components/lifecycle/lifecycle.ts"
import { lifecycle, type SettingsInputs } from "../../../components/mas/settings.provider.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { demandSaidIsDone } from "../../unit/files/said-and-done.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { type MasBench, openMasBench, settingsInputs } from "./bench.ts"

suite("MAS's settings are what Synapse's accounts need", { concurrency: false }, () => {
  const world: { bench?: MasBench } = {}
  before(async () => {
    world.bench = await openMasBench()
  })
  after(() => world.bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await here().reset()
    await rm(inputs().keptAt, { recursive: true, force: true })
    await homeserver("server_name: example.org\npassword_config: {pepper: s4lt}\n")
  })

  test("MAS is told the homeserver, its own address and the pepper, and may write to nobody while legacy", async () => {
    await converge(inputs())
    const { matrix, http, passwords } = await config()
    assert.deepEqual(matrix, {
      kind: "synapse_read_only",
      homeserver: "example.org",
      endpoint: "http://synapse:8008/",
      secret: "sh4red",
    })
    assert.equal(http.public_base, "https://auth.example.org/")
    assert.deepEqual(passwords.schemes, [
      { version: 1, algorithm: "bcrypt", unicode_normalization: true, secret: "s4lt" },
      { version: 2, algorithm: "argon2id" },
    ])
  })

  test("delegated, it may write", async () => {
    await converge({ ...inputs(), authentication: "delegated" })
    assert.equal((await config()).matrix.kind, "synapse")
  })

  test("MAS itself takes what is written, and is asked before it is", async () => {
    await converge(inputs())
    assert.ok(here().calls.includes("config check"))
    const { exitCode, stderr } = await masCli("config", "check")
    assert.equal(exitCode, 0, stderr)
  })

  test("a config that says nothing of passwords gets schemes that MAS takes", async () => {
    const text = (await here().text()).replace(/passwords:\n.*\n.*\n/, "")
    await writeFile(here().mas.config, text)
    await converge(inputs())
    assert.deepEqual(
      (await config()).passwords.schemes.map(({ version }: { version: unknown }) => version),
      [1, 2],
    )
  })

  test("a secret that is there is kept; where there is none, one is made that nobody could guess", async () => {
    await writeFile(here().mas.config, (await here().text()).replace("  secret: sh4red\n", ""))
    await converge(inputs())
    const { secret } = (await config()).matrix
    assert.match(secret, /^[0-9a-f]{64}$/)
    await converge(inputs())
    assert.equal((await config()).matrix.secret, secret)
  })

  test("a secret in a file of its own is left where it is", async () => {
    const path = join(here().folder, "matrix-secret")
    await writeFile(path, "in a file")
    await writeFile(here().mas.config, (await here().text()).replace("secret: sh4red", `secret_file: ${path}`))
    await converge(inputs())
    const { matrix } = await config()
    assert.deepEqual([matrix.secret, matrix.secret_file], [undefined, path])
  })

  test("an issuer of its own that the config holds follows; where it holds none, none is written", async () => {
    await converge(inputs())
    assert.ok(!("issuer" in (await config()).http))
    await here().reset(`http: {issuer: "https://old.example.org/", public_base: "https://old.example.org/"}`)
    await rm(inputs().keptAt, { force: true })
    await converge(inputs())
    assert.deepEqual((await config()).http, {
      issuer: "https://auth.example.org/",
      public_base: "https://auth.example.org/",
    })
  })

  test("without a pepper in homeserver.yaml, one that MAS has goes: nobody could log in with it", async () => {
    await homeserver("server_name: example.org\n")
    await writeFile(
      here().mas.config,
      (await here().text()).replace("unicode_normalization: true}", "unicode_normalization: true, secret: wrong}"),
    )
    await converge(inputs())
    assert.ok(!("secret" in (await config()).passwords.schemes[0]))
  })

  test("a pepper in a file of its own is left where it is, if it is the very pepper", async () => {
    const path = join(here().folder, "pepper")
    await writeFile(path, "s4lt")
    await inFile(path)
    await converge(inputs())
    const [scheme] = (await config()).passwords.schemes
    assert.deepEqual([scheme.secret, scheme.secret_file], [undefined, path])
    assert.equal((await masCli("config", "check")).exitCode, 0)
  })

  test("a file with another pepper, or none, gives way to homeserver.yaml's, and comes back with the rest", async () => {
    for (const content of ["wrong", "s4lt\n", undefined]) {
      await here().reset()
      await rm(inputs().keptAt, { recursive: true, force: true })
      const path = join(here().folder, "pepper")
      await rm(path, { force: true })
      if (content !== undefined) await writeFile(path, content)
      await inFile(path)
      const before = await here().text()
      await converge(inputs())
      const [scheme] = (await config()).passwords.schemes
      assert.deepEqual([scheme.secret, scheme.secret_file], ["s4lt", undefined])
      await converge(inputs())
      assert.deepEqual((await config()).passwords.schemes[0].secret_file, undefined)
      await markInUse(context().host, posix.dirname(inputs().keptAt))
      await lifecycle.remove({ ...inputs(), revision: 1 }, context())
      assert.equal(await here().text(), before)
    }
  })

  async function inFile(path: string): Promise<void> {
    const text = (await here().text()).replace(
      "unicode_normalization: true}",
      `unicode_normalization: true, secret_file: ${path}}`,
    )
    await writeFile(here().mas.config, text)
  }

  test("no secret is in what people and the state see", async () => {
    await converge(inputs())
    const checked = await lifecycle.check?.(inputs(), undefined, context())
    const seen = JSON.stringify([checked, await lifecycle.read({ ...inputs(), revision: 1 }, context())])
    assert.doesNotMatch(seen, /sh4red|s4lt/)
    assert.match(seen, /\(set\)/)
    assert.match(seen, /as homeserver\.yaml has the pepper/)
  })

  test("a hand edit is drift, a changed pepper too, and both are mended", async () => {
    await converge(inputs())
    await writeFile(
      here().mas.config,
      (await here().text()).replace("kind: synapse_read_only", "kind: synapse").replace("s4lt", "p3pper"),
    )
    const live = (await lifecycle.read({ ...inputs(), revision: 1 }, context()))?.managed
    assert.equal(live?.["matrix.kind"], "synapse")
    assert.equal(live?.["passwords.schemes[version=1].secret"], "(another than homeserver.yaml's pepper)")
    await converge(inputs())
    assert.equal((await config()).matrix.kind, "synapse_read_only")
    assert.equal((await config()).passwords.schemes[0].secret, "s4lt")
  })

  test("when the resource goes, the config is as it was before us, byte for byte", async () => {
    const before = await here().text()
    await converge(inputs())
    await markInUse(context().host, posix.dirname(inputs().keptAt))
    await lifecycle.remove({ ...inputs(), revision: 1 }, context())
    assert.equal(await here().text(), before)
  })

  for (const [what, words, says] of [
    ["is mas-cli itself", (cli: readonly string[]) => [...cli, "mas-cli"], /ended with exit code 2/],
    ["is a program that is not there", () => ["no-such-program"], /no-such-program is not installed/],
    [
      "runs where the config is not",
      (cli: readonly string[]) => [
        ...cli,
        "sh",
        "-c",
        'shift 3; exec mas-cli --config /nowhere.yaml "$@"',
        "elsewhere",
      ],
      /runs where there is no /,
    ],
  ] as const) {
    test(`a command for mas-cli that ${what} is refused in preview by its key, and keeps no rollback from going on`, async () => {
      const [program = "", ...rest] = words(here().mas.service.commands?.cli ?? assert.fail())
      const service = { name: "mas", commands: { cli: [program, ...rest] as const } }
      const check = (authentication: "legacy" | "delegated") =>
        lifecycle.check?.({ ...inputs(), service, authentication }, undefined, context()) ?? assert.fail()
      const error = await Promise.resolve(check("delegated")).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      assert.ok(error instanceof Refusal)
      assert.equal(error.where.keyPath, "mas.commands.cli")
      assert.match(error.what, says)
      if (program !== "no-such-program") await check("legacy")
    })
  }

  test("what MAS refuses is not written", async () => {
    const bad = (await here().text()).replace("algorithm: bcrypt", "algorithm: bcrypt, cost: many")
    await writeFile(here().mas.config, bad)
    await refusal(converge(inputs()), "mas/cli-failed")
    assert.equal(await here().text(), bad)
  })

  test("what is said of MAS's settings beforehand is what becomes of them, whatever others made of the file meanwhile", async () => {
    const edits: readonly (readonly [RegExp | string, string])[] = [
      ["kind: synapse_read_only", "kind: synapse"],
      [/homeserver: \S+/, "homeserver: other.example"],
      [/\n {2}secret: \S+/, "\n  secret: 0ther"],
      [/\n {2}secret: \S+/, ""],
      [/\nmatrix:\n(?: {2}.*\n)+/, "\nmatrix: {}\n"],
      [/\npasswords:\n(?: .*\n)+/, "\n"],
      ["passwords:\n", "passwords:\n  enabled: true\n"],
      [/\nhttp:\n(?: .*\n)+/, "\n"],
      ["matrix:", "http: {issuer: 'https://old.example.org/'}\nmatrix:"],
      [/unicode_normalization: true/, "unicode_normalization: false"],
    ]
    const life = fc.record({
      authentication: fc.constantFrom("legacy" as const, "delegated" as const),
      edit: fc.option(fc.constantFrom(...edits), { nil: undefined }),
      pepper: fc.constantFrom("s4lt", "0ther", undefined),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), async (lives) => {
        await here().reset()
        await rm(inputs().keptAt, { recursive: true, force: true })
        for (const one of lives) await live(one)
      }),
      { numRuns: propertyRuns(4) },
    )
  })

  interface Life {
    readonly authentication: "legacy" | "delegated"
    readonly edit: readonly [RegExp | string, string] | undefined
    readonly pepper: string | undefined
  }

  /** One `up` after somebody's edit; what cannot be read is refused as a whole. */
  async function live({ authentication, edit, pepper }: Life): Promise<void> {
    const wanted = { ...inputs(), authentication }
    await homeserver(
      `server_name: example.org\n${pepper === undefined ? "" : `password_config: {pepper: ${pepper}}\n`}`,
    )
    if (edit !== undefined) await writeFile(wanted.file, (await here().text()).replace(edit[0], edit[1]))
    const { keys } = await readKept(here().host, wanted.keptAt)
    const before = await here().text()
    const asked = await Promise.resolve(lifecycle.check?.(wanted, undefined, context())).catch(
      (error: unknown) => error,
    )
    if (asked instanceof Refusal) {
      assert.equal(await here().text(), before)
      return
    }
    const { plan = [], inputs: checked } = asked as Checked<SettingsInputs>
    await converge(wanted)
    const kept = Object.keys((await readKept(here().host, wanted.keptAt)).keys)
    demandSaidIsDone({
      file: wanted.file,
      dialect: "yaml12",
      plan: plan.filter((line) => !line.includes("nobody logs in with a password")),
      before,
      after: await here().text(),
      previous: Object.fromEntries(Object.entries(keys).map(([path, { previous }]) => [path, previous])),
      paths: [...new Set([...Object.keys(keys), ...kept, ...Object.keys(checked.managed ?? {})])],
      givenBack: Object.keys(keys).filter((path) => !kept.includes(path)),
      secrets: ["matrix.secret", "passwords.schemes[version=1].secret"],
    })
  }

  function inputs(): SettingsInputs {
    return settingsInputs(here())
  }

  function context() {
    return { host: here().host, say: () => {} }
  }

  async function converge(wanted: SettingsInputs): Promise<void> {
    await lifecycle.converge(wanted, undefined, context())
  }

  async function homeserver(text: string): Promise<void> {
    await writeFile(inputs().homeserverYaml, text)
  }

  async function config() {
    return parse(await readFile(here().mas.config, "utf8"))
  }

  function masCli(...words: readonly string[]) {
    const [program, ...rest] = here().mas.service.commands?.cli ?? assert.fail()
    return here().host.exec([program, ...rest, "mas-cli", "--config", here().mas.config, ...words])
  }

  function here(): MasBench {
    return world.bench ?? assert.fail("the bench did not open")
  }
})
