import assert from "node:assert/strict"
import { test } from "node:test"
import { z } from "zod"
import { clientSchema } from "../../../components/config/clients.ts"
import { knownKeys } from "../../../components/config/mistakes.ts"
import { sections } from "../../../components/config/schema.ts"
import { acknowledgeable } from "../../../components/migration/acknowledgements.ts"
import { takeOverKeys } from "../../../components/synapse/conflicting-keys.ts"
import { readPage, sectionsOf } from "./docs.ts"

const schema = sections({ lab: false, serverName: undefined, note: () => {} }).extend({
  clients: z.array(clientSchema(false, () => {})),
  clientSecrets: z.unknown(),
})
const pages = { config: sectionsOf(await readPage("docs/config.md")), preparing: await readPage("docs/preparing.md") }

test("docs/config.md has a section for every key of the config, and none for another", () => {
  assert.deepEqual(pages.config.map(({ title }) => title).sort(), Object.keys(schema.shape).sort())
})

test("docs/config.md has a line for every key within a section, and none for another", () => {
  for (const { title, text } of pages.config) {
    const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, key = ""]) => key)
    assert.deepEqual(rows.sort(), [...keysOf(title)].sort(), title)
  }
})

test("docs/preparing.md explains every setting that may be taken over and every warning that may be acknowledged", () => {
  for (const name of [...takeOverKeys, ...acknowledgeable]) {
    assert.match(pages.preparing, new RegExp(`^\\| \`${name}\``, "m"), `${name} is not explained`)
  }
})

function keysOf(section: string): readonly string[] {
  if (section === "clients") return knownKeys(schema, [section, 0])
  return knownKeys(schema, section === "databases" ? [section, "mas"] : [section])
}
