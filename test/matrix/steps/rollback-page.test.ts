import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { execa } from "execa"
import { type AdoptingStack, type Lab, makeLab } from "../../lab/lab.ts"
import { people } from "../../lab/seed/people.ts"
import { logInOnDevice, type Seeded, sendMessage } from "../../lab/seed/seed.ts"
import { seedLab } from "../../lab/seed/seed-lab.ts"
import { type Documents, editedByOthers, letOthersEdit, readDocuments } from "../../rehearsal/documents.ts"
import { openLabDatabase } from "../../rehearsal/lab-databases.ts"
import { delegatedProofs, legacyProofs, type Proof } from "../../rehearsal/proofs.ts"
import { killUpAt } from "./killed-run.ts"
import { Typist } from "./rollback-typist.ts"

/** What the page counts on being given up in its example: two have logged in. */
const twoSessions = { "mas-sessions": 2 }

/** Every section in the situation that it is written for, one after the other on one server. */
describe("docs/mas_migration_rollback.md, typed on a server as it says", () => {
  let lab: Lab
  let own: AdoptingStack
  let page: Typist
  let seeded: Seeded
  let untouched: Documents
  let expected: Documents
  before(async () => {
    lab = await makeLab()
    await lab.bringUpServer()
    seeded = await seedLab(lab)
    untouched = await readDocuments(lab)
    expected = editedByOthers(untouched)
    own = await lab.adopt()
    await own.configure({
      authentication: "delegated",
      host: { ...lab.places.host, leaseSeconds: 5 },
      mas: { ...lab.places.mas, cleanLogSeconds: 1 },
      backup: { copy: false },
    })
    page = await Typist.at(lab, own)
    const { exitCode, output } = await own.pulumi(["up", "--yes", "--skip-preview"])
    assert.equal(exitCode, 0, output)
    await live()
    await execa(lab.dockerCli, [
      "exec",
      lab.places.mas.container,
      "mas-cli",
      "manage",
      "set-password",
      "frank",
      "a new pässword of frank",
    ])
    await letOthersEdit(lab)
  })
  after(() => lab?.destroy())

  it("1: sees that people are served, by whom, and that nothing is under way", async () => {
    const seen = await page.type("1.1")
    assert.match(seen, /^200$/m)
    assert.match(seen, /oauth_aware_preferred/)
    assert.match(seen, /^ {2}"ended": "done"$/m)
    assert.match(seen, /^no window is open$/m)
  })

  it("2: the usual way back, with what it costs", async () => {
    await page.type("2.1")
    await page.type("2.2")
    await proveLegacy(seeded)
    assert.match(await page.type("1.1"), /m\.login\.password/)
  })

  it("3: a run was killed while nobody was served: the switch, recover, and up", async () => {
    await own.configure({
      authentication: "delegated",
      acknowledge: { guests: 1, ...twoSessions, "mas-passwords": 1 },
    })
    await killUpAt(lab, own, "migrate")
    assert.match(await page.type("1.1"), /^(000|50\d)$/m)
    await page.type("3.1")
    await page.type("3.3")
    await proveServed()
  })

  it("3: the server itself was restarted in the window: what the switch would have done is done at once", async () => {
    await killUpAt(lab, own, "migrate")
    process.kill(Number(await readFile(join(lab.places.host.stateFolder, "switch", "watching"), "utf8")), "SIGKILL")
    await page.type("3.2")
    await page.type("3.1", { shows: false })
    await proveServed()
    await page.type("3.3")
    await page.type("3.4")
    await prove(delegatedProofs, seeded)
  })

  it("4: Pulumi is broken: by hand, each document as it was, byte for byte", async () => {
    await live()
    const delegated = await readFile(lab.places.synapse.homeserverYaml, "utf8")
    await page.type("4.1", { withoutPulumi: true })
    assert.match(await page.type("4.2", { withoutPulumi: true }), /m\.login\.password/)
    await page.type("4.3", { withoutPulumi: true })
    await proveServed()
    assert.equal(await readFile(join(lab.places.host.stateFolder, "homeserver.by-hand"), "utf8"), delegated)
  })

  it("4: without what lies ready, the file comes out of a backup of before the cutover", async () => {
    await page.type("4.4", { withoutPulumi: true })
    assert.equal((await readDocuments(lab)).homeserver, expected.homeserver)
    await page.type("4.2", { withoutPulumi: true })
  })

  it("4: once Pulumi works again, the usual way back finds all in place", async () => {
    await page.type("2.1", { shows: false })
    await page.type("2.2")
    await proveLegacy(seeded)
    await settled()
  })

  it("5: there again, with what MAS gained named and given up by number", async () => {
    await own.configure({ acknowledge: { guests: 1 } })
    await page.type("5.1", { fails: true })
    await page.type("5.2")
    await prove(delegatedProofs, seeded)
  })

  it("6: a database is damaged: from the dumps, with the messages since the backup lost and nothing else", async () => {
    const [alice] = seeded.sessions
    assert.ok(alice)
    const late = await sendMessage(lab.places.synapse.url, alice, { room: seeded.room, name: "after the backup" })
    for (const name of ["4.2", "4.3"]) await page.type(name)
    await damage()
    for (const name of ["6.1", "6.2", "6.3", "6.4"]) await page.type(name, { withoutPulumi: true })
    await page.type("2.1", { shows: false })
    await page.type("2.2")
    await proveLegacy(seeded)
    await using synapse = await openLabDatabase(lab, "synapse")
    assert.deepEqual(await synapse.rows("SELECT FROM events WHERE event_id = $1", [late]), [])
    await settled()
  })

  it("has no command that nobody typed here", () => assert.deepEqual(page.untyped, []))

  /** What people do while delegated: two log in, one of them without a key backup. */
  async function live(): Promise<void> {
    for (const name of ["dave", "grace"]) {
      const person = people.find(({ localpart }) => localpart === name)
      assert.ok(person)
      await logInOnDevice(lab.places.synapse.url, person, person.devices + 1)
    }
  }

  async function proveLegacy(holding: Seeded): Promise<void> {
    assert.deepEqual(await readDocuments(lab), expected)
    await prove(legacyProofs, holding)
  }

  /** What MAS does then is nobody's business: the next `pulumi up` makes it idle. */
  async function proveServed(): Promise<void> {
    assert.deepEqual(await readDocuments(lab), expected)
    await prove(
      legacyProofs.filter(({ claim }) => claim !== "MAS is up, and idle"),
      seeded,
    )
  }

  async function prove(proofs: readonly Proof[], holding: Seeded): Promise<void> {
    for (const proof of proofs) await proof.prove(lab, holding)
  }

  async function settled(): Promise<void> {
    const { exitCode, output } = await own.pulumi(["preview", "--expect-no-changes"])
    assert.equal(exitCode, 0, output)
  }

  /** As a disk does it: rows of all people are gone. */
  async function damage(): Promise<void> {
    const sql = "TRUNCATE users, access_tokens, events, e2e_device_keys_json CASCADE"
    const words = ["exec", lab.places.databases.synapse.container, "psql", "-U", "synapse", "-d", "synapse", "-c", sql]
    await execa(lab.dockerCli, words)
  }
})
