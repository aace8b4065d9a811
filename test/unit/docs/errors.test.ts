import assert from "node:assert/strict"
import { test } from "node:test"
import { refusalCodes } from "../../../components/report/codes.ts"
import { readPage, sectionsOf } from "./docs.ts"

const parts = ["What happened.", "For your server.", "What to do."]

test("docs/errors.md has a section for every error code, and none for another, in the order of the list", async () => {
  const sections = await errorSections()
  assert.deepEqual(
    sections.map(({ title }) => title),
    [...refusalCodes],
  )
})

test("every error's section says what happened, what it means for the server and what to do, in this order", async () => {
  for (const { title, text } of await errorSections()) {
    const found = text.split(/^\*\*(.+?)\*\* /m)
    const [before = "", ...rest] = found
    assert.equal(before.trim(), "", `${title} begins with something else`)
    assert.deepEqual(
      rest.filter((_, index) => index % 2 === 0),
      parts,
      title,
    )
    for (const said of rest.filter((_, index) => index % 2 === 1)) assert.ok(said.trim().length > 8, title)
  }
})

async function errorSections() {
  return sectionsOf(await readPage("docs/errors.md"))
}
