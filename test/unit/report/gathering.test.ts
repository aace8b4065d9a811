import assert from "node:assert/strict"
import { test } from "node:test"
import { GatheredRefusals, RefusalList } from "../../../components/report/gathering.ts"
import { Refusal, type RefusalParts } from "../../../components/report/refusal.ts"

const mistake: RefusalParts = {
  code: "config/invalid",
  what: "clients[0].clientId is no ULID",
  where: { keyPath: "clients[0].clientId" },
  meaning: "Nothing was contacted.",
  next: "Mend Pulumi.prod.yaml, then run again.",
}

test("mistakes of one kind are shown together, and what is the same of all is said once", () => {
  const list = new RefusalList()
  list.add(mistake)
  list.add(new Refusal({ ...mistake, what: "the issuer is missing", where: { keyPath: "issuer" } }))
  assert.throws(() => list.throwIfAny(), {
    name: "GatheredRefusals",
    message: [
      "2 things are refused (config/invalid).",
      "1. clients[0].clientId is no ULID (config/invalid).",
      "   Where: key clients[0].clientId.",
      "2. the issuer is missing (config/invalid).",
      "   Where: key issuer.",
      "Meaning: Nothing was contacted.",
      "Next: Mend Pulumi.prod.yaml, then run again.",
    ].join("\n"),
  })
})

test("where the mistakes differ in what to do, each says its own", () => {
  const list = new RefusalList()
  list.add(mistake)
  list.add({ ...mistake, code: "host/file-missing", next: "Create it." })
  const text = String(gathered(list))
  assert.match(text, /refused \(config\/invalid, host\/file-missing\)/)
  assert.match(text, /\n {3}Next: Mend Pulumi.prod.yaml, then run again.\n2\./)
  assert.match(text, /\n {3}Next: Create it.\nMeaning: Nothing was contacted.$/)
})

test("one mistake is thrown as itself, and none throws nothing", () => {
  const list = new RefusalList()
  list.throwIfAny()
  const only = new Refusal(mistake)
  list.add(only)
  assert.throws(
    () => list.throwIfAny(),
    (error) => error === only,
  )
})

test("work that refuses is gathered, several refusals as several, and anything else goes on as the bug it is", async () => {
  const list = new RefusalList()
  assert.equal(await list.attempt(() => 7), 7)
  assert.equal(await list.attempt(() => Promise.reject(new Refusal(mistake))), undefined)
  const two = new GatheredRefusals([new Refusal(mistake), new Refusal(mistake)])
  assert.equal(await list.attempt(() => Promise.reject(two)), undefined)
  assert.equal(list.refusals.length, 3)
  await assert.rejects(
    list.attempt(() => Promise.reject(new TypeError("bug"))),
    TypeError,
  )
})

function gathered(list: RefusalList): unknown {
  try {
    return list.throwIfAny()
  } catch (error) {
    return error
  }
}
