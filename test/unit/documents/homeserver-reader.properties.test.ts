import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import fc from "fast-check"
import { parseDocument } from "../../../components/documents/parse.ts"
import { compared, Outcomes, ours, runs, theirs } from "./outcomes.ts"
import { PyYaml } from "./pyyaml.ts"
import { strangeEdits } from "./strange-edits.ts"
import { strangeYaml } from "./strange-yaml.ts"

let judge: PyYaml
before(async () => {
  judge = await PyYaml.start()
})
after(() => judge.end())

test("any homeserver.yaml, however odd, is read as Synapse reads it or refused by name", async (t) => {
  const outcomes = new Outcomes()
  const property = fc.asyncProperty(strangeYaml(), async (text) => {
    const us = ours(() => parseDocument(text, "yaml11"))
    outcomes.add(compared(text, us, await theirs(() => judge.read(text))))
  })
  await fc.assert(property, { numRuns: runs })
  outcomes.report(t)
  assert.ok(outcomes.get("agreed") > runs / 4)
})

test("a key set in any homeserver.yaml is what Synapse reads, all else is as before, and its bytes come back", async (t) => {
  const outcomes = await strangeEdits(strangeYaml(), "yaml11", (text) => judge.read(text), Math.ceil(runs / 3))
  outcomes.report(t)
  assert.ok(outcomes.get("agreed") > runs / 12)
})
