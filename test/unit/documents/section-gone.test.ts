import assert from "node:assert/strict"
import { test } from "node:test"
import { absent, apply, observe, plan } from "../../../components/documents/managed-keys.ts"

for (const names of [["enabled"], ["enabled", "localdb_enabled"], ["enabled", "policy"]]) {
  test(`where others took out the section of ${names.join(" and ")}, and we wrote it anew, the values from before come back`, () => {
    const section = { enabled: true, localdb_enabled: true, policy: { minimum_length: 9 } }
    const paths = names.map((name) => `password_config.${name}`)
    for (const value of [false, absent]) {
      const keys = paths.map((path) => ({ path, value }))
      const text = `a: 1\n${JSON.stringify({ password_config: section }).slice(1, -1).replace('":', '": ')}\n`
      const first = plan(text, "yaml11", keys)
      const again = plan("a: 1\n", "yaml11", keys, first.kept)
      const anew = apply("a: 1\n", again.edits)
      const back = apply(anew, plan(anew, "yaml11", [], again.kept).edits)
      // What was to be absent is absent still: where its section is gone, nobody misses it.
      const expected = value === absent ? paths.map(() => absent) : names.map((name) => section[name as "enabled"])
      assert.deepEqual(Object.values(observe(back, "yaml11", paths)), expected, back)
    }
  })
}

test("a value that was right before us comes back with the others of a section that others took out", () => {
  const keys = [
    { path: "lamp.on", value: false },
    { path: "lamp.colour", value: "green" },
  ]
  const { kept } = plan("lamp:\n  on: false\n  colour: red\n", "yaml12", keys)
  const again = plan("a: 1\n", "yaml12", keys, kept)
  const anew = apply("a: 1\n", again.edits)
  const back = apply(anew, plan(anew, "yaml12", [], again.kept).edits)
  assert.deepEqual(observe(back, "yaml12", ["lamp.on", "lamp.colour"]), { "lamp.on": false, "lamp.colour": "red" })
})
