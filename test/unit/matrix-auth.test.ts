import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { secret } from "@pulumi/pulumi"
import { parse } from "yaml"
import { type Mapping, storedConfig } from "../../components/config/raw.ts"
import type { Settings } from "../../components/config/settings.ts"
import { MatrixAuth } from "../../components/matrix-auth.ts"
import { changed, read } from "./config/valid-config.ts"
import { type Registration, registrationsOf } from "./registrations.ts"

const issuer = "https://auth-af2f3d.organic-machine.com/"
const clients = ["client-element", "client-admin_panel", "client-matrix_pc", "client-matrix_android"]

/** The program with the prod example's settings, declared once for each mode, one after the other: Pulumi's mocks are global. */
const declared = { legacy: await declareProd("legacy"), delegated: await declareProd("delegated") } as const

test("legacy and delegated declare the same resources", async () => {
  const [legacy, delegated] = [await prod("legacy"), await prod("delegated")]
  const tokens = (world: World) => world.all.map(({ name, type }) => `${type} ${name}`).toSorted()
  assert.deepEqual(tokens(legacy), tokens(delegated))
  assert.deepEqual(
    legacy.all.map(({ name }) => name).toSorted(),
    [
      ...clients,
      ...[
        "matrix",
        "state-folder",
        "recovery",
        "backup",
        "mas-settings",
        "static-clients",
        "migration",
        "delegated-auth",
      ],
      ...["well-known", "element-config", "login-flows"],
      ...["mas-restart", "nginx-restart", "element-restart", "synapse-restart"],
    ].toSorted(),
  )
})

test("in legacy nobody is told of MAS, and Synapse and MAS know what comes", async () => {
  const { inputsOf } = await prod("legacy")
  for (const told of ["well-known", "element-config", "login-flows"]) assert.equal(inputsOf(told).issuer, null, told)
  for (const told of ["mas-settings", "delegated-auth"]) assert.equal(inputsOf(told).issuer, issuer, told)
  for (const switched of ["mas-settings", "delegated-auth", "migration"]) {
    assert.equal(inputsOf(switched).authentication, "legacy", switched)
  }
})

test("delegated, everybody is told the same issuer, slash at the end", async () => {
  const { inputsOf } = await prod("delegated")
  for (const told of ["well-known", "element-config", "login-flows", "mas-settings", "delegated-auth"]) {
    assert.equal(inputsOf(told).issuer, issuer, told)
  }
  for (const switched of ["mas-settings", "delegated-auth", "migration"]) {
    assert.equal(inputsOf(switched).authentication, "delegated", switched)
  }
})

test("the migration tries beforehand just what delegated auth does afterwards", async () => {
  for (const authentication of ["legacy", "delegated"] as const) {
    const { inputsOf } = await prod(authentication)
    const { host: _, self: __, above: ____, __provider: ___, ...afterwards } = inputsOf("delegated-auth")
    assert.deepEqual(inputsOf("migration").delegation, afterwards)
  }
})

test("the migration knows what rehearsal to ask for, and the stack to rehearse for", async () => {
  const { inputsOf } = await prod("delegated")
  const { stack, certificate, maxAgeDays } = inputsOf("migration").rehearsal as Record<string, unknown>
  assert.deepEqual([stack, certificate, maxAgeDays], ["test", "out/rehearsal/certificate.json", 30])
})

test("on the way there, the migration waits for all that is neutral: settings, clients, the restart of MAS", async () => {
  const { waitsFor } = await prod("delegated")
  assert.deepEqual(
    [...waitsFor("migration")].toSorted(),
    ["state-folder", "recovery", "backup", "mas-settings", ...clients, "static-clients", "mas-restart"].toSorted(),
  )
})

test("on the way there, nothing runs between the migration and the delegated Synapse", async () => {
  const { all, waitsFor } = await prod("delegated")
  const neutral = waitsFor("migration")
  assert.deepEqual([...waitsFor("delegated-auth")].toSorted(), [...neutral, "migration"].toSorted())
  const others = all.filter(({ name }) => name !== "matrix" && name !== "migration" && name !== "delegated-auth")
  for (const { name } of others.filter(({ name }) => !neutral.has(name))) {
    assert.ok(waitsFor(name).has("delegated-auth"), `${name} may run while nobody is served`)
  }
})

test("on the way back Synapse takes over before MAS loses the right to write to it", async () => {
  const { waitsFor } = await prod("legacy")
  assert.deepEqual([...waitsFor("delegated-auth")].toSorted(), ["backup", "recovery", "state-folder"])
  for (const later of ["mas-settings", ...clients, "mas-restart", "migration"]) {
    assert.ok(waitsFor(later).has("delegated-auth"), later)
  }
})

test("whichever way it goes, nothing is changed before there is a backup", async () => {
  for (const authentication of ["legacy", "delegated"] as const) {
    const { all, waitsFor, inputsOf } = await prod(authentication)
    for (const { name } of all.filter(({ name }) => !["matrix", "state-folder", "recovery", "backup"].includes(name))) {
      assert.ok(waitsFor(name).has("backup"), `${authentication}: ${name} does not wait for the backup`)
    }
    assert.equal(inputsOf("backup").authentication, authentication)
  }
})

test("what clients see is looked at last of all", async () => {
  for (const authentication of ["legacy", "delegated"] as const) {
    const { all, waitsFor } = await prod(authentication)
    const others = all.map(({ name }) => name).filter((name) => name !== "matrix" && name !== "login-flows")
    assert.deepEqual([...waitsFor("login-flows")].toSorted(), others.toSorted())
  }
})

test("clients go into MAS side by side, after its settings", async () => {
  const { find } = await prod("delegated")
  for (const client of clients) assert.deepEqual(find(client).after, ["mas-settings"])
})

test("what is in no file is looked for after every client is in one", async () => {
  const { find, inputsOf } = await prod("delegated")
  assert.deepEqual(find("static-clients").after.toSorted(), ["mas-settings", ...clients].toSorted())
  assert.deepEqual(
    inputsOf("static-clients").declared,
    clients.map((client) => inputsOf(client).clientId),
  )
})

test("a loopback redirect for any port goes to MAS in the form that MAS accepts", async () => {
  const config = read(changed({ clients: [{ name: "matrix_pc", redirectUris: ["http://127.0.0.1:*/"] }] })).settings
  const { inputsOf } = await declare(config)
  const { redirectUris } = inputsOf("client-matrix_pc").client as { redirectUris: readonly string[] }
  assert.deepEqual(redirectUris, ["http://127.0.0.1/"])
})

test("a client without an id has one that stays, whatever else is declared, and another in another stack", async () => {
  const [whole, alone] = [await prod("legacy"), await prod("legacy", { clients: [pc] })]
  const id = whole.inputsOf("client-matrix_pc").clientId
  assert.equal(id, "0000000000BP31RKRQY8JYF634", "this id is in MAS's database out there")
  assert.equal(alone.inputsOf("client-matrix_pc").clientId, id)
  const staging = read(changed({ clients: [pc] }), { stack: "staging" }).settings
  assert.notEqual(staging.clients[0]?.id, id)
})

test("Element is told the id under which MAS knows it, or none where no client is declared for it", async () => {
  const { inputsOf } = await prod("delegated")
  assert.equal(inputsOf("element-config").clientId, inputsOf("client-element").clientId)
  const without = await prod("delegated", { clients: [pc] })
  assert.equal(without.inputsOf("element-config").clientId, null)
})

test("a client's secret is handed over as a secret, whether Pulumi was told that it is one or not", async () => {
  const panel = { name: "admin_panel", authMethod: "client_secret_basic", redirectUris: [] }
  const context = { secretKeys: new Set(["clientSecrets"]) }
  const config = read({ ...changed({ clients: [panel] }), clientSecrets: { admin_panel: "s3cret" } }, context).settings
  for (const clientSecrets of [{ admin_panel: "s3cret" }, secret({ admin_panel: "s3cret" })]) {
    const { find, all } = await declare(config, clientSecrets)
    assert.equal(find("client-admin_panel").inputs.secret, "s3cret")
    assert.deepEqual(find("client-admin_panel").secretInputs, ["secret"])
    const elsewhere = all.filter(({ name }) => name !== "client-admin_panel")
    assert.ok(!JSON.stringify(elsewhere).includes("s3cret"))
  }
})

test("a public client, and one whose secret is in a file, are handed none", async () => {
  const { inputsOf } = await prod("legacy")
  for (const client of clients) assert.ok(!("secret" in inputsOf(client)), client)
})

test("a service is restarted again with each write to its files", async () => {
  const { inputsOf, find } = await prod("delegated")
  const written = { "mas-restart": "mas-settings", "nginx-restart": "well-known", "element-restart": "element-config" }
  for (const [restart, file] of Object.entries(written)) {
    assert.ok(find(restart).after.includes(file), restart)
    assert.deepEqual(inputsOf(restart).environment, { MATRIX_AUTH_REVISION: "1" }, restart)
    assert.equal(inputsOf(restart).create, inputsOf(restart).update)
  }
})

test("what has no container and no command of its own is left alone", async () => {
  const { all } = await declare(read(changed({})).settings)
  const names = all.map(({ name }) => name)
  assert.ok(!names.includes("nginx-restart") && !names.includes("element-restart"))
  assert.ok(names.includes("login-flows"))
})

test("a command line of one's own for a reload is used word by word", async () => {
  const reload = ["systemctl", "reload", "nginx"]
  const { inputsOf } = await declare(read(changed({ wellKnown: { commands: { reload } } })).settings)
  assert.deepEqual(JSON.parse(String(inputsOf("nginx-restart").stdin)).reload, reload)
})

const pc = { name: "matrix_pc", redirectUris: ["http://127.0.0.1/"] }

/** What was declared, and how it hangs together. */
interface World {
  readonly all: readonly Registration[]
  find(name: string): Registration
  inputsOf(name: string): Registration["inputs"]
  /** Everything that has to be done before it, directly or not. */
  waitsFor(name: string): Set<string>
}

/** The prod example, as it is or with other settings. */
async function prod(authentication: "legacy" | "delegated", changes?: Mapping): Promise<World> {
  return changes === undefined ? declared[authentication] : declareProd(authentication, changes)
}

async function declareProd(authentication: "legacy" | "delegated", changes: Mapping = {}): Promise<World> {
  const text = await readFile(new URL("../../Pulumi.prod.yaml", import.meta.url), "utf8")
  const raw = { ...storedConfig(parse(text), "matrix-auth"), authentication, ...changes }
  return declare(read(raw, { stack: "prod" }).settings)
}

async function declare(
  config: Settings,
  clientSecrets: NonNullable<ConstructorParameters<typeof MatrixAuth>[1]["clientSecrets"]> = {},
): Promise<World> {
  const program = () => void new MatrixAuth("matrix", { config, clientSecrets, host: { kind: "local" } })
  const all = await registrationsOf(program)
  const find = (name: string) => all.find((one) => one.name === name) ?? assert.fail(`${name} is not declared`)
  const waitsFor = (name: string): Set<string> =>
    new Set(find(name).after.flatMap((direct) => [direct, ...waitsFor(direct)]))
  return { all, find, inputsOf: (name) => find(name).inputs, waitsFor }
}
