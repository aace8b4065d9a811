import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { check, create, diff, read, remove, update } from "../../../components/lifecycle/dispatch.ts"
import { calls } from "./fixtures/shelf.provider.ts"

const module = "../test/unit/lifecycle/fixtures/shelf.provider"
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
const host = { kind: "local" }
const provider = { __provider: "exports.handler = …" }
const checked = { host, place: "hall", boards: ["oak", null] }

beforeEach(() => void calls.splice(0))

test("inputs are checked and completed, and a value that nobody gave does not get out", async () => {
  const { inputs, failures } = await check(module, {}, { ...provider, host, place: "hall" })
  assert.deepEqual(inputs, checked)
  assert.deepEqual(failures, [])
})

test("a value that preview cannot know yet, at any depth, keeps the lifecycle from looking", async () => {
  for (const news of [
    { host: unknown, place: "hall" },
    { host, place: { wall: [{ side: unknown }] } },
  ]) {
    const answer = await check(module, {}, { ...provider, ...news, self: "urn:pulumi:test::p::t::n" })
    assert.deepEqual(answer, { inputs: news, failures: [] })
  }
  assert.deepEqual(calls, [])
})

test("what was checked last time is handed on, without the provider; on creation there is nothing", async () => {
  const self = "urn:pulumi:test::p::t::n"
  await check(module, {}, { ...provider, host, place: "hall", self })
  await check(module, { ...provider, host, place: "attic" }, { ...provider, host, place: "hall", self })
  await check(module, { ...provider, host: unknown, place: "attic" }, { host, place: "hall", self })
  assert.deepEqual(
    calls.map(({ given }) => given[1]),
    [undefined, { host, place: "attic" }, undefined],
  )
  for (const { given } of calls) assert.deepEqual(given[0], { host, place: "hall" })
})

test("a refusal names no property, so that the engine does not print its value", async () => {
  const news = { host, place: "hall", secret: "s3cret", fate: "refused" }
  const { failures, inputs } = await check(module, {}, { ...provider, ...news, self: "urn:x" })
  assert.deepEqual(
    failures.map(({ property }) => property),
    [""],
  )
  assert.match(failures[0]?.reason ?? "", /There is no wall \(host\/file-missing\)[\s\S]*Build a wall\./)
  assert.doesNotMatch(failures[0]?.reason ?? "", /s3cret/)
  assert.deepEqual(inputs, news)
})

test("an error that nobody foresaw says that it is our bug, and shows no input", async () => {
  const { failures } = await check(module, {}, { host, place: "hall", secret: "s3cret", fate: "buggy" })
  assert.match(failures[0]?.reason ?? "", /a bug of matrix-auth[\s\S]*a shelf is not a function/)
  assert.doesNotMatch(failures[0]?.reason ?? "", /s3cret/)
})

test("nothing differs where what is wanted is as it was, whatever the order of the names", async () => {
  const state = { host, place: "hall", boards: ["oak", { a: 1, b: 2 }], revision: 4, builtBy: "us", ...provider }
  const wanted = { boards: ["oak", { b: 2, a: 1 }], place: "hall", host: { kind: "local" } }
  assert.deepEqual(await diff(module, state, wanted), { changes: false })
})

test("another provider in the state alone is no change: editing our code shows nothing", async () => {
  const edited = { __provider: "exports.handler = another" }
  assert.deepEqual(await diff(module, { ...checked, ...provider }, { ...checked, ...edited }), { changes: false })
})

test("a change is an update; a change of identity makes the thing anew, the old one first", async () => {
  const painted = await diff(module, checked, { ...checked, colour: "red" })
  assert.deepEqual(painted, { changes: true, replaces: [], deleteBeforeReplace: true })
  const moved = await diff(module, checked, { ...checked, colour: "red", place: "attic" })
  assert.deepEqual(moved, { changes: true, replaces: ["place"], deleteBeforeReplace: true })
})

test("what is made has an id by its identity, its inputs, and its outputs as far as there are any", async () => {
  assert.deepEqual(await create(module, { ...provider, ...checked }), {
    id: "../test/unit/lifecycle/fixtures/shelf|hall",
    outs: { ...checked, revision: 1 },
  })
})

test("an update is told what was there, without the provider", async () => {
  const state = { ...provider, ...checked, revision: 4 }
  const { outs } = await update(module, "id", state, { ...provider, ...checked, colour: "red" })
  assert.deepEqual(outs, { ...checked, colour: "red", revision: 5 })
  assert.deepEqual(calls, [
    {
      method: "converge",
      given: [
        { ...checked, colour: "red" },
        { ...checked, revision: 4 },
      ],
    },
  ])
})

test("what was half done is saved with the failure, in the engine's words for it", async () => {
  const wanted = { ...checked, fate: "half built" }
  const properties = { ...wanted, revision: 1 }
  const failed = (id: string) => (error: Error) => {
    const { message } = error
    assert.match(message, /There is no wall/)
    assert.deepEqual({ ...error }, { id, properties, reasons: [message] })
    return true
  }
  await assert.rejects(create(module, { ...provider, ...wanted }), failed("../test/unit/lifecycle/fixtures/shelf|hall"))
  await assert.rejects(update(module, "id", checked, { ...provider, ...wanted }), failed("id"))
})

test("what was not done at all is not saved: the failure has no id", async () => {
  await assert.rejects(create(module, { ...checked, fate: "not built" }), (error: Error) => {
    assert.match(error.message, /There is no wall/)
    return !("id" in error)
  })
})

test("what is live comes back as inputs, so that the engine shows live => wanted; outputs are none of them", async () => {
  const state = { ...provider, ...checked, colour: "red", revision: 4, builtBy: "us" }
  assert.deepEqual(await read(module, "id", state), {
    id: "id",
    props: { ...checked, colour: "faded", revision: 4 },
    inputs: { ...checked, colour: "faded" },
  })
})

test("what is gone has no id any more", async () => {
  assert.deepEqual(await read(module, "id", { ...checked, fate: "gone" }), { id: "", props: {} })
})

test("what cannot be looked at is a finding: an input that nobody wants, and that goes with the next update", async () => {
  const found = await read(module, "id", { ...provider, ...checked, revision: 4, fate: "out of reach" })
  const why = "There is no wall (host/file-missing)"
  const inputs = { ...checked, fate: "out of reach", notRead: why }
  assert.deepEqual(found, { id: "id", props: { ...inputs, revision: 4 }, inputs })
  assert.equal((await diff(module, found.props, { ...checked, fate: "out of reach" })).changes, true)
  calls.splice(0)
  await read(module, "id", found.props)
  await check(module, found.props, checked)
  await update(module, "id", found.props, checked)
  await remove(module, found.props)
  for (const { given } of calls) assert.ok(!JSON.stringify(given).includes("notRead"), "no lifecycle is told of it")
})

test("what another run is at work on ends this one, shown once and without a trace", async () => {
  for (const fate of ["under way", "broken"]) {
    const failure = await read(module, "id", { ...checked, fate }).then(
      () => assert.fail("it was read"),
      (error: Error) => error,
    )
    assert.match(failure.message, /\(window\/under-way\)|a bug of matrix-auth/)
    // As Pulumi's provider process prints it, beside what the engine is told.
    assert.doesNotMatch(`${failure}: ${failure.stack}`, /^ *at |window|bug|\n/m)
  }
})

test("what is removed is removed by its state", async () => {
  await remove(module, { ...provider, ...checked, revision: 4 })
  assert.deepEqual(calls, [{ method: "remove", given: [{ ...checked, revision: 4 }] }])
})
