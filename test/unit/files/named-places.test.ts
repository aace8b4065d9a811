import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { suite, type TestContext, test } from "node:test"
import { execa } from "execa"
import fc from "fast-check"
import { demandNamed, type NamedPlaces } from "../../../components/files/named-places.ts"
import type { Host } from "../../../components/host/host.ts"
import { GatheredRefusals } from "../../../components/report/gathering.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { temporaryFolder } from "../host/scenery.ts"
import { propertyRuns } from "../property-runs.ts"
import { host } from "./scenery.ts"

/** Keys of the config, by the kind of thing that they name. */
const keys = {
  containers: ["synapse.container", "mas.container", "wellKnown.container"],
  files: ["synapse.homeserverYaml", "mas.config", "wellKnown.file"],
  databases: ["databases.synapse", "databases.mas"],
  addresses: ["synapse.url", "mas.issuer", "element.url"],
} as const

suite("what the config names and is not there", () => {
  test("is named all at once, each once, whatever is wrong and whatever is right", async (t) => {
    const world = await opened(t)
    const all = Object.values(keys).flat()
    await fc.assert(
      fc.asyncProperty(fc.subarray<string>(all), async (wrong) => {
        const found = await namedBy(world, new Set(wrong))
        const isAnythingElse = wrong.some((key) => !keys.addresses.includes(key as never))
        const expected = isAnythingElse ? wrong : []
        assert.deepEqual(found.toSorted(), [...expected].toSorted())
      }),
      { numRuns: propertyRuns(60), examples: [[all], [[]], [[...keys.addresses]]] },
    )
  })

  for (const [what, make] of Object.entries({
    "a folder": (path: string) => mkdir(path),
    "a pipe": (path: string) => execa("mkfifo", [path]),
    "a link to nowhere": (path: string) => symlink(`${path}.nowhere`, path),
    missing: async () => {},
  })) {
    test(`a document that is ${what} is named by its key`, async (t) => {
      const path = join(await temporaryFolder(t), "document")
      await make(path)
      const named = { files: { "mas.config": path }, databases: {}, addresses: {} }
      const refusals = refusalsOf(await demandNamed(host, {}, named).catch((error: unknown) => error))
      assert.deepEqual(
        refusals.map(({ where, meaning }) => [where.keyPath, where.file, meaning]),
        [["mas.config", path, "Nothing was changed."]],
      )
    })
  }

  test("a next step that many share is said once, and one that fits a name stands with it", async () => {
    const named = { files: { "mas.config": "/no/a", "element.config": "/no/b" }, databases: {}, addresses: {} }
    const containers = { "mas.container": "mas", "synapse.container": "unlike" }
    const error = await demandNamed(docker("chat-mas-1"), containers, named).catch((error: unknown) => error as Error)
    const { message } = error ?? assert.fail()
    assert.equal(message.split("Check the path").length, 2, message)
    assert.match(message, /Is it chat-mas-1\? If so, set `mas\.container` to it\./)
    assert.match(message, /There are: chat-mas-1\. Name one of these at each key/)
  })
})

interface World {
  readonly there: Readonly<Record<string, string>>
  readonly database: { readonly host: string; readonly port: number }
}

/** A document, a port and an address that are there. */
async function opened(t: TestContext): Promise<World> {
  const file = join(await temporaryFolder(t), "document")
  await writeFile(file, "{}")
  const server = createServer((_, response) => response.writeHead(502).end()).listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return { there: { file, address: `http://127.0.0.1:${port}/` }, database: { host: "127.0.0.1", port } }
}

/** The keys that are complained of where these are wrong. */
async function namedBy({ there, database }: World, wrong: ReadonlySet<string>): Promise<readonly string[]> {
  const each = <T>(of: readonly string[], right: T, amiss: T) =>
    Object.fromEntries(of.map((key) => [key, wrong.has(key) ? amiss : right]))
  const named: NamedPlaces = {
    files: each(keys.files, there.file ?? "", "/no/such/file"),
    databases: each(keys.databases, database, { host: "127.0.0.1", port: 1 }),
    addresses: each(keys.addresses, there.address ?? "", "http://127.0.0.1:1/"),
  }
  const containers = each(keys.containers, "there", "gone")
  const error = await demandNamed(docker("there"), containers, named).catch((error: unknown) => error)
  return refusalsOf(error).map(({ where }) => where.keyPath ?? "")
}

function refusalsOf(error: unknown): readonly Refusal[] {
  if (error === undefined) return []
  if (error instanceof GatheredRefusals) return error.refusals
  return error instanceof Refusal ? [error] : assert.fail(String(error))
}

/** This machine, with a Docker that has these containers and no other. */
function docker(...there: readonly string[]): Host {
  const exec: Host["exec"] = async (argv, options) => {
    if (argv[0] !== "docker") return host.exec(argv, options)
    if (argv[1] === "ps") return { exitCode: 0, stdout: there.join("\n"), stderr: "" }
    const name = argv.at(-1) ?? ""
    if (!there.includes(name)) return { exitCode: 1, stdout: "[]", stderr: `Error: No such container: ${name}` }
    return { exitCode: 0, stdout: "[]", stderr: "" }
  }
  return { ...host, exec }
}
