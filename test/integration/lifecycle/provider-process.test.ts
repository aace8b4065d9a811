import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { HostedResource } from "../../../components/provider.ts"
import { readDriftItem } from "../../../components/report/drift-item.ts"
import { registrationsOf } from "../../unit/registrations.ts"
import { type CallFailure, type ProviderProcess, savedBy, startProviderProcess } from "./provider-process.ts"

/** Over a lifecycle of the tests' own, by the same shim as every other resource. */
class Shelf extends HostedResource {
  constructor(name: string) {
    const kind = { room: "test", type: "Shelf", module: "../test/unit/lifecycle/fixtures/shelf.provider", outputs: [] }
    super(kind, name, { host: { kind: "local" }, place: "hall" })
  }
}

const host = { kind: "local" }
const self = "urn:pulumi:test::matrix-auth::pulumi-nodejs:dynamic/test:Shelf::shelf"
let provider: ProviderProcess

before(async () => {
  const [shelf] = await registrationsOf(() => void new Shelf("shelf"))
  assert.equal(shelf?.inputs.self, self)
  provider = await startProviderProcess(String(shelf.inputs.__provider))
})

after(() => provider[Symbol.asyncDispose]())

test("from the text in the state, Pulumi's own process gets to our code as it stands, TypeScript and all", async () => {
  const { inputs, failures } = await provider.check({}, { host, place: "hall", self })
  assert.deepEqual(inputs, { host, place: "hall", boards: ["oak", null] })
  assert.deepEqual(failures, [])
})

test("what a resource says is shown under it, in the check and in the work that follows", async () => {
  const urn = `${self}-in-the-attic`
  const { inputs } = await provider.check({}, { host, place: "attic", self: urn })
  await provider.create(inputs)
  assert.deepEqual(await shownUnder(urn, 3), ["looked at the wall", "boards: 0 → 2", "putting boards up"])
})

test("what drifted is told before the answer, to machines and not to people", async () => {
  const urn = `${self}-in-the-cellar`
  await provider.check({}, { host, place: "cellar", self: urn })
  const told = provider.shown.filter((one) => one.urn === urn && !one.isForPeople)
  assert.deepEqual(
    told.map(({ line }) => readDriftItem(line)),
    [{ kind: "key", where: { file: "/hall" }, live: "0 boards", wanted: "2 boards" }],
  )
})

test("an output that is undefined does not fail the run after the work is done", async () => {
  const { outs } = await provider.create({ host, place: "hall" })
  assert.deepEqual(outs, { host, place: "hall", revision: 1 })
  const read = await provider.read("id", { host, place: "hall", revision: 1 })
  assert.deepEqual(read, {
    id: "id",
    props: { host, place: "hall", colour: "faded", revision: 1 },
    inputs: { host, place: "hall", colour: "faded" },
  })
})

test("a resource that is gone is gone for the engine", async () => {
  assert.deepEqual(await provider.read("id", { host, place: "hall", fate: "gone" }), { id: "", props: {}, inputs: {} })
})

test("the engine saves what was half done, and nothing of what was not done", async () => {
  const half = { host, place: "hall", fate: "half built" }
  const id = "../test/unit/lifecycle/fixtures/shelf|hall"
  await assert.rejects(provider.create(half), (failure: CallFailure) => {
    assert.deepEqual(savedBy(failure), { id, properties: { ...half, revision: 1 } })
    assert.match(failure.message, /There is no wall/)
    return true
  })
  await assert.rejects(provider.create({ host, place: "hall", fate: "not built" }), (failure: CallFailure) => {
    assert.equal(savedBy(failure), undefined)
    assert.match(failure.message, /There is no wall/)
    return true
  })
})

test("a refused check names no property and shows no value", async () => {
  const { failures } = await provider.check({}, { host, place: "hall", secret: "s3cret", fate: "refused", self })
  assert.deepEqual(
    failures.map(({ property }) => property),
    [""],
  )
  assert.match(failures[0]?.reason ?? "", /There is no wall/)
  assert.doesNotMatch(failures[0]?.reason ?? "", /s3cret/)
})

/** Nobody waits for a line to be shown, so it may come after the answer. */
async function shownUnder(urn: string, count: number): Promise<readonly string[]> {
  const lines = () => provider.shown.filter((one) => one.urn === urn && one.isForPeople).map(({ line }) => line)
  const end = performance.now() + 10_000
  while (lines().length < count && performance.now() < end) await pause(10)
  return lines()
}
