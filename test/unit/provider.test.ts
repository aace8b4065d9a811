import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { before, test } from "node:test"
import { fileURLToPath } from "node:url"
import { type Registration, registrationsOf } from "./registrations.ts"

/** They are in the URNs of every stack that there is: one that changes here makes its resource anew. */
const typeTokens = [
  "element:WebConfig",
  "mas:Client",
  "mas:Settings",
  "mas:StaticClients",
  "mas:Syn2MasMigration",
  "matrix:Backup",
  "matrix:LoginFlows",
  "matrix:Recovery",
  "matrix:StateFolder",
  "matrix:WellKnown",
  "staging:Scaffold",
  "synapse:DelegatedAuth",
]

const components = fileURLToPath(new URL("../../components/", import.meta.url))
const marker = `marker-${process.pid}-of-the-environment`
let resources: readonly Registration[]

before(async () => {
  // Set before any module of ours is loaded, so that what one of them reads while it is loaded would be found too.
  process.env.MATRIX_AUTH_TEST_MARKER = marker
  process.env.PULUMI_CONFIG_PASSPHRASE = marker
  const { declareEverything } = await import("./every-resource.ts")
  const declared = await registrationsOf(declareEverything)
  resources = declared.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/"))
})

test("type tokens are the ones that stand in the states out there", () => {
  assert.deepEqual([...new Set(resources.map(tokenOf))].toSorted(), typeTokens)
})

test("no resource class is missing here", async () => {
  const files = await filesBelow(components, ".ts")
  const texts = await Promise.all(files.map((file) => readFile(join(components, file), "utf8")))
  const classes = texts.flatMap((text) =>
    [...text.matchAll(/class (\w+) extends HostedResource/g)].map(([, name]) => name),
  )
  const names = typeTokens.map((token) => token.split(":")[1] ?? "")
  assert.deepEqual(classes.toSorted(), names.toSorted())
})

test("what the state keeps of a provider is at most 2.5 KB", () => {
  for (const resource of resources) {
    const size = Buffer.byteLength(shimOf(resource))
    assert.ok(size <= 2_500, `${resource.name}: ${size} bytes`)
  }
})

test("every resource has the same provider, but for the name of its module", () => {
  const digests = resources.map((resource) => {
    const text = shimOf(resource).replaceAll(JSON.stringify(moduleOf(resource)), '"MODULE"')
    return createHash("sha256").update(text).digest("hex")
  })
  assert.equal(new Set(digests).size, 1)
})

test("a provider captures the name of its module, and nothing else", () => {
  for (const resource of resources) {
    const scopes = [...shimOf(resource).matchAll(/with\((.*)\) \{/g)].map(([, scope]) => scope)
    const own = `{ module: ${JSON.stringify(moduleOf(resource))}, this: undefined, arguments: undefined }`
    const outer = "{ provider: __provider, this: undefined, arguments: undefined }"
    assert.deepEqual(scopes, [...Array(6).fill(own), outer], resource.name)
    const names = [...shimOf(resource).matchAll(/^(?:var|let|const|function) (\w+)/gm)].map(([, name]) => name)
    assert.deepEqual(names, ["__provider", "__f1", "__f2", "__f3", "__f4", "__f5", "__f6", "__f0"], resource.name)
  }
})

test("nothing of this machine and its environment gets into a provider", () => {
  const values = Object.values(process.env).filter((value) => value !== undefined && value.length > 5)
  for (const resource of resources) {
    const found = [...values, process.cwd()].filter((value) => shimOf(resource).includes(String(value)))
    assert.deepEqual(found, [], resource.name)
  }
  assert.ok(values.includes(marker))
})

test("every module that a provider names is there and has a lifecycle with a read", async () => {
  for (const module of new Set(resources.map(moduleOf))) {
    const { lifecycle } = await import(join(components, `${module}.ts`))
    for (const method of ["read", "converge", "remove"]) {
      assert.equal(typeof lifecycle?.[method], "function", `${method} of ${module}`)
    }
  }
})

test("every module with a lifecycle is named by a resource", async () => {
  const files = await filesBelow(components, ".provider.ts")
  const modules = files.map((file) => file.slice(0, -".ts".length))
  assert.deepEqual(modules.toSorted(), [...new Set(resources.map(moduleOf))].toSorted())
})

test("a resource knows its own URN and its component's, so that its lines stand under them", () => {
  for (const { name, type, parent, inputs } of resources) {
    const parents = parent === undefined ? "" : `${parent}$`
    assert.equal(inputs.self, `urn:pulumi:test::matrix-auth::${parents}${type}::${name}`)
    if (parent !== undefined) assert.match(String(inputs.above), new RegExp(`^urn:pulumi:.*::${parent}::`))
  }
})

async function filesBelow(folder: string, ending: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true })
  return files.filter((file) => file.endsWith(ending))
}

function tokenOf({ type }: Registration): string {
  return type.slice("pulumi-nodejs:dynamic/".length)
}

function shimOf({ inputs }: Registration): string {
  return String(inputs.__provider)
}

function moduleOf(resource: Registration): string {
  const [, module] = /module: "([^"]+)"/.exec(shimOf(resource)) ?? []
  return module ?? assert.fail(`${resource.name} names no module`)
}
