import assert from "node:assert/strict"
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { execa } from "execa"
import pRetry from "p-retry"
import { differingKinds } from "../../../components/migration/holdings.ts"
import { type Lab, makeLab } from "../../lab/lab.ts"
import { callsTo } from "../../lab/seed/client-api.ts"
import { people } from "../../lab/seed/people.ts"
import { logInOnDevice, type Seeded, sendMessage } from "../../lab/seed/seed.ts"
import { seedLab } from "../../lab/seed/seed-lab.ts"
import { type Documents, editedByOthers, letOthersEdit, readDocuments } from "../../rehearsal/documents.ts"
import { fingerprintOf } from "../../rehearsal/fingerprint.ts"
import { labHoldings, openLabDatabase } from "../../rehearsal/lab-databases.ts"
import { alwaysProofs, legacyProofs } from "../../rehearsal/proofs.ts"

/** What people did in MAS, and how many: what has to be given up before a second cutover. */
const gained = { "mas-accounts": 2, "mas-passwords": 1, "mas-sessions": 2, "mas-emails": 1 }
/** The two who registered with MAS have no password in Synapse. */
const acknowledgedAnyway = { guests: 1, "nobody-can-log-in": 2 }

describe("a server that people have used while delegated, taken back and there again", () => {
  let lab: Lab
  let seeded: Seeded
  let untouched: Documents
  before(async () => {
    lab = await makeLab()
    await lab.configure({ mas: { cleanLogSeconds: 1 } })
    await lab.bringUpServer()
    seeded = await seedLab(lab)
    untouched = await readDocuments(lab)
    await lab.configure({ authentication: "delegated" })
    await demandUp()
    await useMas()
  })
  after(() => lab?.destroy())

  it("previews the way back with what it costs, lost keys first, and touches nothing", async () => {
    await lab.configure({ authentication: "legacy" })
    const before = await fingerprintOf(lab)
    const { exitCode, output } = await lab.pulumi("preview", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
    const costs = output.split("\n").flatMap((line) => /^ +the way back costs: (.*)/.exec(line)?.[1] ?? [])
    const patterns = [
      /^keys are lost: .* \(1\): dave;/,
      /^keys are lost: .* never verified, .* \(1\): grace;/,
      /^accounts registered with MAS: .* \(2\): yuri, zoe;/,
      /^passwords changed with MAS \(1\): frank;/,
      /^e-mail addresses that only MAS knows \(1\): judy;/,
    ]
    assert.equal(costs.length, patterns.length, output)
    for (const [index, pattern] of patterns.entries()) assert.match(costs[index] ?? "", pattern)
    assert.deepEqual(await fingerprintOf(lab), before)
  })

  it("goes back: old passwords, old tokens, messages of meanwhile, MAS idle, documents as before but for others' edits", async () => {
    await demandUp()
    for (const { prove } of legacyProofs) await prove(lab, seeded)
    assert.deepEqual(await readDocuments(lab), editedByOthers(untouched))
  })

  it("refuses to go there again as long as nobody gives up what MAS gained: preview names it, and touches nothing", async () => {
    await lab.configure({ authentication: "delegated", acknowledge: acknowledgedAnyway })
    const { output } = await refused("preview")
    assert.match(output, /mas-accounts \(2\): .*: yuri, zoe;/)
    assert.match(output, /mas-passwords \(1\): .*: frank;/)
    assert.match(output, /mas-sessions \(2\): .*: dave, grace;/)
    assert.match(output, /mas-emails \(1\): .*: judy;/)
    assert.match(output, /acknowledge: \{mas-accounts: 2, mas-passwords: 1, mas-sessions: 2, mas-emails: 1\}/)
  })

  it("refuses a number that is not the right one, in `pulumi up` too, before it touches anything", async () => {
    await lab.configure({ acknowledge: { ...acknowledgedAnyway, ...gained, "mas-sessions": 3 } })
    const { output } = await refused("up", "--yes")
    assert.match(output, /mas-sessions \(2\): .*\(config gives up 3\)/)
  })

  it("goes there again once the numbers are right: the sets are equal, and what was given up is in a dump", async () => {
    const clients = await registeredClients()
    await lab.configure({ acknowledge: { ...acknowledgedAnyway, ...gained } })
    const output = await demandUp()
    assert.match(output, /given up, as acknowledged: mas-accounts \(2\)/)
    const [synapse, mas] = [await labHoldings(lab, "synapse"), await labHoldings(lab, "mas")]
    assert.deepEqual(differingKinds(synapse, mas), [])
    assert.equal(mas.users?.count, 23)
    for (const { prove } of alwaysProofs) await prove(lab, seeded)
    assert.deepEqual(await registeredClients(), clients, "clients that registered themselves are gone")
    assert.ok(clients.length > 0)
    await proveDump(output)
  })

  it("changes nothing when it is run again", async () => {
    const words = ["up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", lab.stack]
    const { exitCode, output } = await lab.pulumi(...words)
    assert.equal(exitCode, 0, output)
  })

  /** What people do while delegated; somebody edits the documents too. */
  async function useMas(): Promise<void> {
    await manage("register-user", "--yes", "zoe", "-p", "a new pässword of zoe")
    await manage("register-user", "--yes", "yuri", "-p", "a new pässword of yuri")
    await manage("set-password", "frank", "a new pässword of frank")
    await manage("add-email", "judy", "judy@example.org")
    for (const name of ["dave", "grace"]) {
      const person = people.find(({ localpart }) => localpart === name)
      assert.ok(person)
      const { accessToken } = await logInOnDevice(lab.places.synapse.url, person, person.devices + 1)
      assert.match(accessToken, /^mct_/)
    }
    const client = {
      client_name: "Self",
      client_uri: "https://self.example.org/",
      redirect_uris: ["https://self.example.org/"],
    }
    const metadata = {
      ...client,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }
    await callsTo(lab.places.mas.issuer)("POST", "/oauth2/registration", metadata)
    const [alice] = seeded.sessions
    assert.ok(alice)
    const message = await sendMessage(lab.places.synapse.url, alice, { room: seeded.room, name: "while delegated" })
    seeded = { ...seeded, history: [...seeded.history, message] }
    await letOthersEdit(lab)
    await pRetry(demandProvisioned, { retries: 20, minTimeout: 500, factor: 1 })
  }

  /** MAS's worker tells Synapse of new accounts a moment later. */
  async function demandProvisioned(): Promise<void> {
    await using synapse = await openLabDatabase(lab, "synapse")
    const found = await synapse.rows("SELECT FROM users WHERE name ~ '^@(zoe|yuri):'")
    assert.equal(found.length, 2)
  }

  function manage(...words: readonly string[]) {
    return execa(lab.dockerCli, ["exec", lab.places.mas.container, "mas-cli", "manage", ...words])
  }

  async function registeredClients(): Promise<readonly object[]> {
    await using mas = await openLabDatabase(lab, "mas")
    return await mas.rows("SELECT oauth2_client_id, client_name FROM oauth2_clients WHERE NOT is_static ORDER BY 1")
  }

  async function refused(...words: readonly string[]) {
    const before = await fingerprintOf(lab)
    const run = await lab.pulumi(...words, "--stack", lab.stack)
    assert.notEqual(run.exitCode, 0)
    assert.match(run.output, /migration\/mas-not-empty/)
    assert.deepEqual(await fingerprintOf(lab), before)
    return run
  }

  async function proveDump(output: string): Promise<void> {
    const folder = join(lab.places.host.stateFolder, "kept-from-mas")
    const [name = "", ...others] = await readdir(folder)
    assert.deepEqual(others, [])
    assert.ok(output.includes(`is kept in ${join(folder, name)}`), output)
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    const { stdout } = await execa("pg_restore", ["--list", join(folder, name)])
    assert.match(stdout, /TABLE DATA public user_passwords/)
  }

  async function demandUp(): Promise<string> {
    const { exitCode, output } = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
    return output
  }
})
