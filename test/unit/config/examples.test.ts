import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { parse } from "yaml"
import { type Mapping, storedConfig } from "../../../components/config/raw.ts"
import { sections } from "../../../components/config/schema.ts"
import type { StagingSettings } from "../../../components/config/settings.ts"
import { stagingPlaces, stagingPrefix } from "../../../components/staging/staging-places.ts"
import { mistakesIn, read } from "./valid-config.ts"

async function example(name: string): Promise<Mapping> {
  const text = await readFile(new URL(`../../../${name}`, import.meta.url), "utf8")
  return storedConfig(parse(text), "matrix-auth")
}

const brought = (staging: StagingSettings, stack: string) => stagingPlaces(stagingPrefix("matrix-auth", stack), staging)

test("Pulumi.prod.yaml is a whole config of the first customer", async () => {
  const { settings } = read(await example("Pulumi.prod.yaml"), { stack: "prod" })
  assert.equal(settings.serverName, "organic-machine.com")
  assert.equal(settings.mas.issuer, "https://auth-af2f3d.organic-machine.com/")
  assert.deepEqual(
    settings.clients.map(({ name, redirectUris }) => [name, redirectUris[0]]),
    [
      ["element", "https://element-a05ae4.organic-machine.com/"],
      ["admin_panel", undefined],
      ["matrix_pc", "http://127.0.0.1/"],
      ["matrix_android", "matrix-client-android://callback"],
    ],
  )
})

test("Pulumi.staging.yaml is a whole config once the staging stack has told its places", async () => {
  const { settings, notes } = read(await example("Pulumi.staging.yaml"), { stack: "staging", stagingPlaces: brought })
  assert.equal(settings.lab, true)
  assert.equal(settings.mas.container, "matrix-auth-staging-mas")
  assert.equal(settings.mas.cleanLogSeconds, 5)
  assert.equal(settings.mas.issuer, "http://127.0.0.1:18080/")
  assert.deepEqual(settings.staging?.ports, { matrix: 18008, auth: 18080, element: 18081 })
  const [element] = settings.clients
  assert.deepEqual(element?.redirectUris, [settings.element.url], "Element comes back to where the stack serves it")
  assert.deepEqual(settings.clients.find(({ name }) => name === "matrix_pc")?.redirectUris, ["http://127.0.0.1/"])
  assert.ok(notes.some((note) => note.includes("every port of 127.0.0.1")))
})

test("what the config says itself counts more than what the staging stack brings", async () => {
  const raw = { ...(await example("Pulumi.staging.yaml")), mas: { issuer: "https://auth.staging.example/" } }
  const { settings } = read(raw, { stack: "staging", stagingPlaces: brought })
  assert.equal(settings.mas.issuer, "https://auth.staging.example/")
  assert.equal(settings.mas.endpoint, "http://mas:8080/")
})

test("a staging stack belongs in a lab, and its ports differ", async () => {
  const staging = { folder: "/var/lib/x", ports: { matrix: 1008, auth: 1008, element: 1009 } }
  const lines = mistakesIn(
    { ...(await example("Pulumi.staging.yaml")), lab: false, staging },
    { stagingPlaces: brought },
  )
  assert.ok(lines.some((line) => line.startsWith("lab: found false") && line.includes("true beside staging")))
  assert.ok(lines.some((line) => line.startsWith("staging.ports.auth: found 1008")))
})

test("Pulumi.yaml declares every key that there is, and asks the engine for none", async () => {
  const text = await readFile(new URL("../../../Pulumi.yaml", import.meta.url), "utf8")
  const { config } = parse(text) as { config: Record<string, { description: string; default: unknown }> }
  const known = Object.keys(sections({ lab: false, serverName: undefined, note: () => {} }).shape)
  assert.deepEqual(Object.keys(config).toSorted(), [...known, "clients", "clientSecrets"].toSorted())
  for (const [key, { description, default: value }] of Object.entries(config)) {
    assert.ok(description.length > 0, key)
    assert.notEqual(value ?? null, null, key)
  }
  const defaults = Object.fromEntries(Object.entries(config).map(([key, { default: value }]) => [key, value]))
  assert.ok(
    mistakesIn(defaults).every((line) => line.includes("found nothing")),
    "the defaults themselves are no mistakes",
  )
})
