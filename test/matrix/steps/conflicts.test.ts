import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, before, describe, it } from "node:test"
import { readDocument } from "../../../components/files/managed-file.ts"
import { openDatabase } from "../../../components/host/database.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { preFlightKinds } from "../../../components/migration/pre-flight.ts"
import { synapseDatabase } from "../../../components/synapse/synapse-database.ts"
import { type AdoptingStack, type Lab, makeLab } from "../../lab/lab.ts"
import { type Conflict, rowConflicts } from "../../lab/seed/conflicts.ts"
import { seedAccount } from "../../lab/seed/seed.ts"
import { homeserverOf } from "../../lab/seed/seed-lab.ts"
import { editInThePast, type ServiceWorld, serviceWorlds } from "../../lab/seed/service-conflicts.ts"
import { prepareSynapse } from "../../offline/images/images.ts"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"
import { type Fingerprint, fingerprintOf } from "../../rehearsal/fingerprint.ts"

const severityOf = (name: string) => preFlightKinds.find((kind) => kind.name === name)?.severity
const errors = rowConflicts.filter(({ kind }) => severityOf(kind) === "error")
const others = rowConflicts.filter(({ kind }) => severityOf(kind) !== "error")

/** How many of each kind these make. */
function countsOf(conflicts: readonly Conflict[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind, count = 1, also = {} } of conflicts) {
    for (const [name, more] of Object.entries({ ...also, [kind]: count })) counts[name] = (counts[name] ?? 0) + more
  }
  return counts
}

/** A release with a fault, and from before dehydrated devices were safe, so that these kinds have something to find. */
describe("every kind of conflict, on a living server of its own", () => {
  let lab: Lab
  let own: AdoptingStack

  before(async () => {
    const { dockerCli, environment } = await prepareToolchain()
    lab = await makeLab({ images: { synapse: await prepareSynapse("1.142.0", { docker: dockerCli, environment }) } })
    await lab.bringUpServer()
    await seedAccount(await homeserverOf(lab), { localpart: "wendy", devices: 1 })
    own = await lab.adopt()
    await seed(others)
  })
  after(() => lab?.destroy())

  it("has one of every kind that is looked for", () => {
    const made = [...rowConflicts, ...serviceWorlds.flatMap(({ conflicts }) => conflicts)].map(({ kind }) => kind)
    assert.deepEqual([...new Set(made)].sort(), preFlightKinds.map(({ name }) => name).sort())
  })

  it("stops at warnings, each with its count, and says how to acknowledge them", async () => {
    await own.configure({ authentication: "delegated", acknowledge: {} })
    const output = await refused(["preview"])
    const warnings = Object.entries(warningCounts())
    for (const [name, count] of warnings) assert.match(output, new RegExp(`warning: ${name} \\(${count}\\): `))
    const [keys = ""] = /acknowledge: \{([^}]*)\}/.exec(output.replaceAll(/\s+/g, " "))?.slice(1) ?? []
    assert.deepEqual(keys.split(", ").sort(), warnings.map(([name, count]) => `${name}: ${count}`).sort())
  })

  it("passes them once they are acknowledged, by name and count", async () => {
    await own.configure({ acknowledge: warningCounts() })
    const untouched = await fingerprintOf(lab)
    const { exitCode, output } = await own.pulumi(["preview"])
    assert.equal(exitCode, 0, output)
    assert.deepEqual(await fingerprintOf(lab), untouched)
  })

  it("stops again when a count changes, and at that one alone", async () => {
    const [account = ""] = others.filter(({ kind }) => kind === "shadow-banned").map(({ sql }) => sql("second.name"))
    await run(account.replace("@shadow:second.name", `@shadow2:${lab.serverName}`))
    const output = await refused(["preview"])
    assert.match(output, /warning: shadow-banned \(2\): /)
    assert.doesNotMatch(output, /warning: (?!shadow-banned)/)
    await run(`DELETE FROM users WHERE name = '@shadow2:${lab.serverName}'`)
  })

  it("names every conflict of the rows with its count and which, in legacy too, and touches nothing", async () => {
    await seed(errors)
    await lab.edit(lab.places.synapse.homeserverYaml, withOldProvider)
    await own.configure({ authentication: "legacy" })
    const output = await previewed(0)
    const counts = countsOf(rowConflicts)
    for (const { kind, which } of rowConflicts) assertNamed(output, kind, counts[kind] ?? 0, which(lab.serverName))
  })

  for (const world of serviceWorlds) {
    it(`names every conflict of ${world.title}, and touches nothing`, async () => {
      await within(world, async () => {
        const output = await previewed(0, world.environment)
        for (const { kind, which, count = 1 } of world.conflicts) assertNamed(output, kind, count, which)
      })
    })
  }

  it("refuses the cutover for the errors, all at once, acknowledged or not", async () => {
    const acknowledge = { ...warningCounts() }
    await own.configure({ authentication: "delegated", acknowledge })
    const output = await previewed(1)
    const counts = countsOf(rowConflicts)
    for (const { kind } of errors) assert.match(output, new RegExp(`error: ${kind} \\(${counts[kind]}\\): `))
    assert.doesNotMatch(output, / {2}- (warning|note): /)
  })

  it("refuses it in `up` as well, before anything that people use stops", async () => {
    const untouched = whatPeopleUse(await fingerprintOf(lab))
    const output = await refused(["up", "--yes", "--skip-preview"])
    for (const { kind } of errors) assert.match(output, new RegExp(`error: ${kind} \\(`))
    assert.deepEqual(whatPeopleUse(await fingerprintOf(lab)), untouched)
  })

  /** A preview that ends so, and leaves every file, row and start as it was. */
  async function previewed(exitCode: number, environment?: Readonly<Record<string, string>>): Promise<string> {
    const untouched = await fingerprintOf(lab)
    const preview = await own.pulumi(["preview"], environment)
    assert.equal(preview.exitCode === 0 ? 0 : 1, exitCode, preview.output)
    assert.deepEqual(await fingerprintOf(lab), untouched)
    return preview.output
  }

  async function refused(words: readonly string[]): Promise<string> {
    const { exitCode, output } = await own.pulumi(words)
    assert.notEqual(exitCode, 0, output)
    assert.match(output, /migration\/pre-flight/)
    return output
  }

  /** The world as it is told, for as long as it takes; then every file is back, byte for byte. */
  async function within(world: ServiceWorld, look: () => Promise<void>): Promise<void> {
    const { synapse, mas } = lab.places
    const files = [synapse.homeserverYaml, mas.config] as const
    const originals = await Promise.all(files.map((path) => readFile(path, "utf8")))
    const { serverName, places } = lab
    await using _prepared = await world.prepare?.(lab)
    try {
      await lab.edit(files[0], world.homeserver)
      await editInThePast(lab, files[1], world.mas)
      await own.configure(world.config(lab))
      await look()
    } finally {
      await own.configure({ serverName, mas: places.mas })
      for (const [index, path] of files.entries()) await lab.edit(path, () => originals[index] ?? "")
    }
  }

  function warningCounts(): Record<string, number> {
    const counts = Object.entries(countsOf(others)).filter(([name]) => severityOf(name) === "warning")
    // What errors bring along of other kinds comes on top once they are there.
    const more = isSeeded ? countsOf(errors) : {}
    return Object.fromEntries(counts.map(([name, count]) => [name, count + (more[name] ?? 0)]))
  }

  let isSeeded = false
  async function seed(conflicts: readonly Conflict[]): Promise<void> {
    await run(conflicts.map(({ sql }) => sql(lab.serverName)).join("; "))
    isSeeded = conflicts === errors
  }

  async function run(sql: string): Promise<void> {
    const { synapse, databases } = lab.places
    const homeserver = await readDocument(localHost, { path: synapse.homeserverYaml, dialect: "yaml11" })
    const address = synapseDatabase(homeserver as Record<string, unknown>, { place: databases.synapse })
    await using database = await openDatabase(localHost, address, { writable: true })
    await database.execute(sql)
  }
})

function assertNamed(output: string, kind: string, count: number, which: string): void {
  const [, told = ""] = new RegExp(`${kind} \\(${count}\\): (.*)`).exec(output) ?? []
  assert.ok(told.includes(which), `${kind} (${count}) … ${which}: ${told || output}`)
}

/** A provider that homeserver.yaml has and MAS has not. */
function withOldProvider(text: string): string {
  const dex = /^oidc_providers:\n((?:[ #].*\n)+)/m.exec(text)?.[1] ?? ""
  return text.replace(dex, dex + dex.replace(/idp_id: \S+/, "idp_id: old"))
}

/** Synapse with its files and rows, the well-known and Element: all but MAS and what we keep. */
function whatPeopleUse(fingerprint: Fingerprint): Fingerprint {
  const isOfMas = (name: string) => /\/mas\/|\/matrix-auth\/|^mas\.|^start of .*-mas$/.test(name)
  return Object.fromEntries(Object.entries(fingerprint).filter(([name]) => !isOfMas(name)))
}
