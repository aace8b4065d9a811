import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import { parse } from "yaml"
import { type Mapping, storedConfig } from "../../components/config/raw.ts"
import { hostOf, placesOf } from "../../components/places.ts"
import { stagingPlaces, stagingPrefix } from "../../components/staging/staging-places.ts"
import { changed, read } from "./config/valid-config.ts"

function places(changes: Mapping = {}) {
  return placesOf(read(changed(changes)).settings)
}

test("containers are services by their names, and each is asked where its neighbours ask it", () => {
  const { synapse, mas, proxy, element } = places({
    wellKnown: { container: "nginx" },
    element: { container: "element-web" },
  })
  assert.deepEqual(synapse, { service: { name: "synapse", container: "synapse" }, endpoint: "http://synapse:8008/" })
  assert.deepEqual(mas, {
    service: { name: "mas", container: "mas" },
    config: "/srv/mas/config.yaml",
    keptAt: "/var/lib/matrix-auth/example.org/mas-settings.kept.json",
    endpoint: "http://mas:8080/",
  })
  assert.deepEqual(proxy, { name: "nginx", container: "nginx" })
  assert.deepEqual(element, { name: "element", container: "element-web" })
})

test("command lines of one's own take the place of the container's, as far as there are any", () => {
  const logs = ["journalctl", "--unit", "matrix-synapse"]
  const { synapse, delegation } = places({ synapse: { commands: { logs } } })
  assert.deepEqual(synapse.service, { name: "synapse", container: "synapse", commands: { logs } })
  assert.deepEqual(delegation.service, synapse.service)
})

test("nothing is restarted or reloaded where nobody said what", () => {
  const { proxy, element } = places()
  assert.deepEqual([proxy, element], [undefined, undefined])
})

test("a command alone is enough to reload or restart by", () => {
  const { proxy, element } = places({
    wellKnown: { commands: { reload: ["nginx", "-s", "reload"] } },
    element: { commands: { restart: ["true"] } },
  })
  assert.deepEqual(proxy, { name: "nginx" })
  assert.deepEqual(element, { name: "element", commands: { restart: ["true"] } })
})

test("what stood at our keys before us is kept in one folder, a file for each resource", () => {
  const { keptAt, stateFolder, delegation } = places({ host: { kind: "local", stateFolder: "/srv/state" } })
  assert.equal(stateFolder, "/srv/state")
  assert.equal(keptAt("well-known"), "/srv/state/well-known.kept.json")
  assert.equal(delegation.keptAt, "/srv/state/delegated-auth.kept.json")
})

test("databases are in a container or at an address, with the usual port", () => {
  const { databases } = places({ databases: { synapse: { container: "postgres" }, mas: { host: "db", port: 5433 } } })
  assert.deepEqual(databases, {
    synapse: { container: "postgres", port: 5432 },
    mas: { host: "db", port: 5433 },
  })
})

test("delegated auth goes by both services, both files and the issuer; a QR code server only where there is one", () => {
  const { delegation } = places({ authentication: "delegated", synapse: { takeOver: ["enable_registration"] } })
  assert.equal(delegation.authentication, "delegated")
  assert.deepEqual(delegation.takeOver, ["enable_registration"])
  assert.deepEqual(
    [delegation.file, delegation.mas.config, delegation.issuer, delegation.endpoint, delegation.synapseEndpoint],
    [
      ...["/srv/synapse/homeserver.yaml", "/srv/mas/config.yaml"],
      ...["https://auth.example.org/", "http://mas:8080/", "http://synapse:8008/"],
    ],
  )
  assert.ok(!("qrCodeEndpoint" in delegation))
  const qrCodeEndpoint = "https://auth.example.org/rendezvous"
  assert.equal(places({ synapse: { qrCodeEndpoint } }).delegation.qrCodeEndpoint, qrCodeEndpoint)
})

test("all of it is plain data without undefined, as the engine keeps it", () => {
  const { keptAt: _, proxy: __, element: ___, ...data } = places()
  assert.deepEqual(JSON.parse(JSON.stringify(data)), data)
})

test("the host is named without what is only ours", () => {
  const { settings } = read(changed({ host: { kind: "local", stateFolder: "/srv/state" } }))
  assert.deepEqual(hostOf(settings), { kind: "local" })
})

test("the staging example is placed in its own containers and files, apart from every other stack's", async () => {
  const text = await readFile(new URL("../../Pulumi.staging.yaml", import.meta.url), "utf8")
  const raw = storedConfig(parse(text), "matrix-auth")
  const placed = (stack: string) => {
    const brought = (staging: Parameters<typeof stagingPlaces>[1]) =>
      stagingPlaces(stagingPrefix("matrix-auth", stack), staging)
    return placesOf(read(raw, { stack, stagingPlaces: brought }).settings)
  }
  const { synapse, mas, databases, delegation } = placed("staging")
  assert.equal(synapse.service.container, "matrix-auth-staging-synapse")
  assert.equal(mas.service.container, "matrix-auth-staging-mas")
  assert.deepEqual(databases.mas, { container: "matrix-auth-staging-mas-postgres", port: 5432 })
  assert.match(delegation.file, /\/synapse\/homeserver\.yaml$/)
  assert.equal(placed("other").synapse.service.container, "matrix-auth-other-synapse")
})

test("a cutover asks for a rehearsal with the settings that matter, but in a stack that brings up its own lab", () => {
  const { rehearsal } = places({ synapse: { takeOver: ["enable_registration"] }, rehearsal: { maxAgeDays: 7 } })
  assert.deepEqual(rehearsal, {
    certificate: "out/rehearsal/certificate.json",
    maxAgeDays: 7,
    settings: ["client with authMethod none that comes back to a page", "takeOver enable_registration"],
  })
  const staging = { folder: "/srv/lab", ports: { matrix: 18008, auth: 18080, element: 18081 } }
  assert.equal(places({ lab: true, staging }).rehearsal, undefined)
})
