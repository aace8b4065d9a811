import assert from "node:assert/strict"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, type TestContext, test } from "node:test"
import fc from "fast-check"
import { parse, stringify } from "yaml"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { absent } from "../../../components/documents/json-value.ts"
import { markInUse } from "../../../components/files/in-use.ts"
import { readKept } from "../../../components/files/kept.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../../../components/files/managed-lifecycle.ts"
import type { Lifecycle } from "../../../components/lifecycle/lifecycle.ts"
import { GatheredRefusals } from "../../../components/report/gathering.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { type DelegatedAuthInputs, homeserverKeys } from "../../../components/synapse/plan-delegation.ts"
import { lifecycle as webConfig } from "../../../components/web/web-config.provider.ts"
import { lifecycle as wellKnown } from "../../../components/web/well-known.provider.ts"
import { propertyRuns } from "../property-runs.ts"
import { demandSaidIsDone } from "./said-and-done.ts"
import { host, type TestFile, testFile } from "./scenery.ts"

/** A document in somebody's hands, a resource over it, and what others make of the document in between. */
interface Scene {
  readonly dialect: Dialect
  /** The document before us; edits are made of the same parts. */
  readonly documents: readonly object[]
  readonly lifecycle: Lifecycle<ManagedFileInputs, { readonly revision: number }>
  /** What is wanted, one after another; `undefined` in a document's place: nobody edits it. */
  readonly wants: readonly object[]
  readonly secrets?: readonly string[]
}

const issuer = "https://auth.example.org/"
const msc = "org.matrix.msc2965.authentication"

type AnyLifecycle = Scene["lifecycle"]

/** Switches and colours of lamps: wanted to be there, wanted to be gone, not wanted at all. */
const lamps = managedFileLifecycle<ManagedFileInputs & { readonly lamps: Readonly<Record<string, string | boolean>> }>({
  dialect: "yaml12",
  keys: async ({ lamps: wanted }) =>
    Object.entries(wanted).map(([path, value]) => ({ path, value: value === "gone" ? absent : value })),
})

/** homeserver.yaml's keys as DelegatedAuth wants them; who restarts Synapse for them is another matter. */
const homeserver = managedFileLifecycle<DelegatedAuthInputs>({
  dialect: "yaml11",
  keys: (inputs) => homeserverKeys(host, inputs),
})

const scenes: Readonly<Record<string, (site: (file: string) => string) => Scene>> = {
  "the well-known document": () => ({
    dialect: "json",
    documents: [
      {},
      { "m.homeserver": { base_url: "https://example.org" } },
      { "m.homeserver": { base_url: "https://example.org" }, [msc]: { issuer: "https://old.example.org/" } },
      { [msc]: { issuer, account: `${issuer}account/` } },
      { [msc]: { issuer: `${issuer}other`, account: "https://evil.example.org/", more: [1] } },
      { [msc]: {} },
    ],
    lifecycle: wellKnown as unknown as AnyLifecycle,
    wants: [{ issuer }, { issuer: "https://new.example.org/" }, { issuer: null }, { issuer: null, masIssuer: issuer }],
  }),
  "Element's config": (site) => ({
    dialect: "json",
    documents: [
      {},
      { brand: "Ours", features: { feature_oidc_native_flow: false, other: true } },
      { oidc_static_clients: { [issuer]: { client_id: "OTHER" }, "https://else.example.org/": { client_id: "X" } } },
      { features: { feature_oidc_native_flow: true }, oidc_static_clients: { [issuer]: { client_id: "ELEMENT" } } },
      { features: {} },
    ],
    lifecycle: webConfig as unknown as AnyLifecycle,
    wants: [
      { issuer, clientId: "ELEMENT" },
      { issuer, clientId: null },
      { issuer: null, clientId: "ELEMENT" },
    ].map((want) => ({ ...want, url: site(""), minimumVersion: "1.11.50" })),
  }),
  "a document with lamps": () => ({
    dialect: "yaml12",
    documents: [
      { room: "attic" },
      { room: "attic", lamp: { on: false, colour: "red" } },
      { lamp: { on: true } },
      { lamp: { colour: "blue", size: 3 }, shelf: [{ id: "a", lit: true }] },
      { shelf: [{ id: "b" }, { id: "a", lit: "dimly" }] },
      { lamp: {}, shelf: [] },
    ],
    lifecycle: lamps as unknown as AnyLifecycle,
    wants: [
      { lamps: {} },
      { lamps: { "lamp.on": true } },
      { lamps: { "lamp.on": false, "lamp.colour": "green" } },
      { lamps: { "lamp.on": "gone", "shelf[id=a].lit": true } },
      { lamps: { "lamp.colour": "gone" } },
    ],
  }),
  "homeserver.yaml, there and back": (site) => ({
    dialect: "yaml11",
    documents: [
      { server_name: "example.org" },
      { server_name: "example.org", matrix_authentication_service: { enabled: true, endpoint: "http://mas:8080/" } },
      { matrix_authentication_service: { enabled: false, secret: "0ther", force_http2: true } },
      { experimental_features: { msc3861: { enabled: true, issuer, client_id: "x" }, msc4108_enabled: true } },
      { password_config: { enabled: true, pepper: "s4lt" }, enable_registration: true },
      { password_config: {}, oidc_providers: [{ idp_id: "dex", client_secret: "s3cret" }] },
    ],
    lifecycle: homeserver as unknown as AnyLifecycle,
    wants: ["legacy", "delegated"].flatMap((authentication) =>
      [[], ["oidc_providers", "enable_registration"]].map((takeOver) => ({
        authentication,
        takeOver,
        endpoint: "http://mas:8080/",
        synapseEndpoint: site(""),
        service: { name: "synapse", commands: { start: ["true"] } },
        mas: { service: { name: "mas", commands: { start: ["true"] } }, config: masConfig },
      })),
    ),
    secrets: ["matrix_authentication_service.secret", "experimental_features.msc3861", "oidc_providers"],
  }),
}

const masConfig = join(await mkdtemp(join(tmpdir(), "plan-and-change-")), "mas.yaml")
await writeFile(masConfig, "matrix: {secret: sh4red}\n")
after(() => rm(dirname(masConfig), { recursive: true }))

for (const [what, sceneOf] of Object.entries(scenes)) {
  test(`what is said beforehand of ${what} is what becomes of it`, async (t) => {
    const world = { text: () => "" }
    const url = await serve(t, () => world.text())
    const scene = sceneOf(() => url)
    const [document, want] = [fc.constantFrom(...scene.documents), fc.constantFrom(...scene.wants)]
    const life = fc.record({
      original: document,
      lives: fc.array(fc.record({ want, edit: fc.option(document, { nil: undefined }) }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
    const counts = { changed: 0, left: 0 }
    await fc.assert(
      fc.asyncProperty(life, async ({ original, lives }) => {
        const file = await testFile(t, write(scene.dialect, original), scene.dialect)
        world.text = () => readFileSync(file.path, "utf8")
        await markInUse(host, dirname(file.keptAt))
        for (const { want: wanted, edit } of lives) {
          if (edit !== undefined) await writeFile(file.path, write(scene.dialect, edit))
          await live(scene, file, { wanted, counts })
        }
      }),
      { numRuns: propertyRuns(40) },
    )
    assert.ok(counts.changed > 5, `${JSON.stringify(counts)}: too little happens`)
  })
}

interface Life {
  readonly wanted: object
  readonly counts: { changed: number; left: number }
}

/** One `up`: asks for the plan, lets it be made, and compares; a second one has nothing left to say. */
async function live(
  { lifecycle, dialect, secrets = [] }: Scene,
  file: TestFile,
  { wanted, counts }: Life,
): Promise<void> {
  const inputs = { host: { kind: "local" }, file: file.path, keptAt: file.keptAt, ...wanted } as const
  const context = { host, say: () => {} }
  const before = await file.text()
  const kept = (await readKept(host, file.keptAt)).keys
  const keptBefore = Object.keys(kept)
  const previous = Object.fromEntries(Object.entries(kept).map(([path, key]) => [path, key.previous]))
  const asked = await outcome(async () => lifecycle.check?.(inputs, undefined, context))
  if (asked instanceof Refused) {
    assert.ok((await outcome(() => lifecycle.converge(inputs, undefined, context))) instanceof Refused)
    assert.equal(await readFile(file.path, "utf8"), before, "what is refused is not written")
    return
  }
  const plan = asked?.plan ?? []
  await lifecycle.converge(inputs, undefined, context)
  const after = await file.text()
  const keptAfter = Object.keys((await readKept(host, file.keptAt)).keys)
  // Whose place another one takes, above or below it, is not given back by itself.
  const isTaken = (path: string) => keptAfter.some((other) => other.startsWith(path) || path.startsWith(other))
  const givenBack = keptBefore.filter((path) => !isTaken(path))
  const paths = [...new Set([...keptBefore, ...keptAfter, ...Object.keys(asked?.inputs.managed ?? {})])]
  demandSaidIsDone({ file: file.path, dialect, plan, before, after, previous, paths, givenBack, secrets })
  if (before !== after) counts.changed++
  if (plan.some((line) => line.includes("no longer ours"))) counts.left++
  assert.deepEqual((await lifecycle.check?.(inputs, undefined, context))?.plan, [], "something is left to say")
}

async function outcome<T>(work: () => Promise<T>): Promise<T | Refused> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal || error instanceof GatheredRefusals) return new Refused()
    throw error
  }
}

class Refused {}

function write(dialect: Dialect, document: object): string {
  return dialect === "json" ? `${JSON.stringify(document, undefined, 2)}\n` : stringify(parse(JSON.stringify(document)))
}

/** Element's site: its version, and its config as the file has it; and Synapse, which names its version with each answer. */
async function serve(t: TestContext, text: () => string): Promise<string> {
  const server = createServer(({ url }, response) => {
    response.setHeader("server", "Synapse/1.163.2").end(url === "/version" ? "1.11.100" : text())
  })
  server.listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
