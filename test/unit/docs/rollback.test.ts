import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { parse } from "yaml"
import { assignmentsIn, commandsIn } from "./commands.ts"
import { checkout, readPage } from "./docs.ts"

type Section = Readonly<Record<string, string>>

test("the page for the way back begins with the values of Pulumi.prod.yaml", async () => {
  const [first] = commandsIn(await readPage("docs/mas_migration_rollback.md"))
  const values = Object.fromEntries(assignmentsIn(first?.text ?? "").map(({ name, value }) => [name, value]))
  const { config } = parse(await readFile(join(checkout, "Pulumi.prod.yaml"), "utf8")) as { config: object }
  const of = (name: string) => new Map(Object.entries(config)).get(`matrix-auth:${name}`) as Section
  const databases = of("databases") as unknown as Readonly<Record<string, Section>>
  const { STACK, PROJECT, BACKUP, ...places } = values
  assert.deepEqual(places, {
    STATE: of("host").stateFolder,
    MATRIX: of("synapse").url?.replace(/\/$/, ""),
    HOMESERVER_YAML: of("synapse").homeserverYaml,
    WELL_KNOWN: of("wellKnown").file,
    ELEMENT_CONFIG: of("element").config,
    SYNAPSE: of("synapse").container,
    MAS: of("mas").container,
    NGINX: of("wellKnown").container,
    ELEMENT: of("element").container,
    SYNAPSE_POSTGRES: databases.synapse?.container,
    MAS_POSTGRES: databases.mas?.container,
  })
  assert.equal(STACK, "prod")
})

test("the page for the way back is one page", async () => {
  const text = await readPage("docs/mas_migration_rollback.md")
  assert.ok(text.split("\n").length <= 200, "it has grown")
})
