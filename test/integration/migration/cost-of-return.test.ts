import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import fc from "fast-check"
import { costOfReturn } from "../../../components/migration/cost-of-return.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { type Standing, standings, statementsFor } from "./cross-signing.ts"
import { anId, idOf, UsedMas } from "./used-mas.ts"

/** How each outcome is said. */
const sayings: Readonly<Record<string, RegExp>> = {
  "no backup": /^keys are lost: .*no key backup in Synapse \(\d+\): (.*?);/,
  unverified: /^keys are lost: .*never verified.* \(\d+\): (.*?);/,
  "in backup": /take part in the key backup \(\d+\): (.*?);/,
  "no keys, no backup": /^sessions begun with MAS end, of accounts without a key backup \(\d+\): (.*?);/,
  "no keys, backup": /^sessions begun with MAS end \(\d+\): (.*?);/,
  refreshed: /^among these, sessions from before the cutover .* \(\d+\): (.*?);/,
}

interface Owned {
  readonly name: string
  readonly nth: number
  readonly standing: Standing | "no keys"
  readonly hasBackup: boolean
  readonly wasThereBefore: boolean
}

function outcomeOf({ standing, hasBackup }: Owned): string {
  if (standing === "no keys") return hasBackup ? "no keys, backup" : "no keys, no backup"
  if (!hasBackup) return "no backup"
  return standing === "signed" ? "in backup" : "unverified"
}

suite("the way back says what it costs, and whom", { concurrency: false }, () => {
  let world: UsedMas
  before(async () => {
    world = await UsedMas.open()
  })
  after(() => world?.[Symbol.asyncDispose]())
  beforeEach(() => world.cutOver())

  test("it costs nobody anything as long as MAS has gained nothing", async () => {
    assert.deepEqual(await cost(), ["the way back costs nobody anything: MAS has gained nothing of its own"])
  })

  test("who loses keys is named first, then who cannot log in, then what is only a nuisance", async () => {
    await world.manage("add-email", "admin", "new@ex.test")
    await world.manage("set-password", "admin", "correct horse battery staple")
    await world.manage("register-user", "--yes", "kim", "-p", "correct horse battery")
    await world.manage("issue-compatibility-token", "admin", "NEWDEVICE")
    await world.manage("issue-compatibility-token", "Xavier", "NOKEYS")
    await world.manage("issue-compatibility-token", "locked", "LOSTDEVICE")
    await backUp("admin")
    await announceKeys("locked", "LOSTDEVICE")
    const [keys, registered, withoutBackup, withoutKeys, changed, emails, ...rest] = await cost()
    assert.match(keys ?? "", /^the way back costs: keys are lost: .* \(1\): locked; have them set up key backup first$/)
    assert.match(registered ?? "", /accounts registered with MAS: nobody can log in to them any more \(1\): kim;/)
    assert.match(withoutBackup ?? "", /sessions begun with MAS end, of accounts without a key backup \(1\): Xavier;/)
    assert.match(
      withoutKeys ?? "",
      /sessions begun with MAS end \(1\): admin; their devices have announced no end-to-end keys/,
    )
    assert.match(
      changed ?? "",
      /passwords changed with MAS \(1\): admin; the one from before the cutover counts again$/,
    )
    assert.match(emails ?? "", /e-mail addresses that only MAS knows \(1\): admin;/)
    assert.deepEqual(rest, [])
  })

  test("ten are named, and the rest counted", async () => {
    for (let nth = 1; nth <= 12; nth++) {
      await world.inMas(`INSERT INTO users (user_id, username, created_at, can_request_admin)
        VALUES (${anId}, 'new${String(nth).padStart(2, "0")}', now(), false)`)
    }
    const [line] = await cost()
    assert.match(line ?? "", / \(12\): new01, new02, .*new10 and 2 more;/)
  })

  test("an account that only MAS can log in is named, though Synapse has had it all along", async () => {
    await world.manage("set-password", "Xavier", "correct horse battery staple")
    const lines = await cost()
    assert.match(
      lines.join("\n"),
      /^the way back costs: other accounts that only MAS can log in \(1\): Xavier; [^\n]*$/,
    )
  })

  test("the device of an OAuth session is known by its scope, stable or not", async () => {
    for (const [username, prefix] of [
      ["admin", "urn:matrix:org.matrix.msc2967.client"],
      ["locked", "urn:matrix:client"],
    ]) {
      await beginSession(String(username), ["openid", `${prefix}:api:*`, `${prefix}:device:OAUTHDEVICE`])
      await announceKeys(String(username), "OAUTHDEVICE")
    }
    const [keys] = await cost()
    assert.match(keys ?? "", /keys are lost: .* \(2\): admin, locked;/)
  })

  for (const { title, backup } of [
    { title: "that was deleted", backup: () => backUp("admin", { deleted: 1 }) },
    { title: "that holds no key", backup: () => backUp("admin", { isEmpty: true }) },
    { title: "whose newest version holds no key", backup: () => backUp("admin", { isFollowed: true }) },
  ]) {
    test(`a key backup ${title} is none`, async () => {
      await world.manage("issue-compatibility-token", "admin", "NEWDEVICE")
      await announceKeys("admin", "NEWDEVICE")
      await backup()
      const [keys] = await cost()
      assert.match(keys ?? "", /keys are lost: .* \(1\): admin;/)
    })
  }

  test("only a device that its owner's present self-signing key has signed counts as taking part in the key backup", async () => {
    const session = fc.record({
      standing: fc.constantFrom(...standings, "signed" as const, "no keys" as const),
      hasBackup: fc.boolean(),
      wasThereBefore: fc.boolean(),
    })
    const isNamed = fc.asyncProperty(fc.tuple(session, session, session), async (sessions) => {
      await world.cutOver()
      const owned = sessions.map((one, index) => ({
        ...one,
        nth: index,
        name: ["admin", "locked", "Xavier"][index] ?? "",
      }))
      for (const one of owned) await haveSession(one)
      const of = (names: readonly { name: string }[]) => names.map(({ name }) => name).join(", ")
      const named = [...owned].sort((one, other) => (one.name < other.name ? -1 : 1))
      const expected = [
        ...Map.groupBy(named, outcomeOf),
        ["refreshed", named.filter(({ wasThereBefore }) => wasThereBefore)] as const,
      ]
      const lines = (await cost()).map((text) => text.replace("the way back costs: ", ""))
      const found = Object.entries(sayings).flatMap(([kind, saying]) =>
        lines.flatMap((text) => saying.exec(text)?.[1] ?? []).map((names) => [kind, names] as const),
      )
      const wanted = expected.flatMap(([kind, names]) => (names.length > 0 ? [[kind, of(names)] as const] : []))
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(wanted), lines.join("\n"))
      assert.equal(lines.length, found.length, lines.join("\n"))
    })
    await fc.assert(isNamed, { numRuns: propertyRuns(6), endOnFailure: true })
  })

  for (const standing of standings) {
    const isCovered = standing === "signed"
    test(`a device of an account with a key backup, ${standing}, ${isCovered ? "keeps what it uploaded" : "loses its keys"}`, async () => {
      await beginSession("admin", ["urn:matrix:client:device:SOME"])
      await world.inSynapse(statementsFor("admin", "SOME", standing))
      await backUp("admin")
      const [first] = await cost()
      if (isCovered)
        assert.match(first ?? "", /take part in the key backup \(1\): admin; it has what they uploaded until then/)
      else assert.match(first ?? "", /^the way back costs: keys are lost: .* never verified, .* \(1\): admin;/)
    })
  }

  test("a session of before the cutover that MAS has refreshed is named, in whichever form it was", async () => {
    await beginSession("admin", ["urn:matrix:client:device:OLD"])
    await hadToken("admin", "OLD", 1)
    await beginSession("locked", ["urn:matrix:client:device:REFRESHABLE"])
    await world.inSynapse(`INSERT INTO refresh_tokens (id, user_id, device_id, token)
      VALUES (999001, '@locked:ex.test', 'REFRESHABLE', 'syr_generated')`)
    await beginSession("Xavier", ["urn:matrix:client:device:NEW"])
    const text = (await cost()).join("\n")
    assert.match(
      text,
      /from before the cutover that MAS has refreshed since \(2\): admin, locked; Synapse knows only their old/,
    )
  })

  test("rights that MAS took away come back, and those that it gave are gone", async () => {
    await world.manage("demote-admin", "admin")
    await world.manage("unlock-user", "locked")
    await world.manage("promote-admin", "Xavier")
    await world.inMas("UPDATE users SET deactivated_at = now() WHERE username = 'locked'")
    const lines = (await cost()).join("\n")
    assert.match(lines, /admins in Synapse who are none in MAS \(1\): admin; admins again/)
    assert.match(lines, /admins in MAS alone \(1\): Xavier; no admins in legacy/)
    assert.match(lines, /accounts deactivated in MAS alone, Synapse was not told yet \(1\): locked; in use again/)
  })

  test("what Synapse has locked and MAS has opened is locked again", async () => {
    await world.manage("unlock-user", "locked")
    assert.match((await cost()).join("\n"), /locked in Synapse and not in MAS \(1\): locked; locked again/)
  })

  function cost(): Promise<readonly string[]> {
    return costOfReturn(world.databases)
  }

  async function haveSession({ name, nth, standing, hasBackup, wasThereBefore }: Owned): Promise<void> {
    const device = `GENERATED${nth}`
    await beginSession(name, [`urn:matrix:client:device:${device}`])
    if (standing !== "no keys") await world.inSynapse(statementsFor(name, device, standing))
    if (hasBackup) await backUp(name)
    if (wasThereBefore) await hadToken(name, device, nth)
  }

  async function beginSession(username: string, scopes: readonly string[]): Promise<void> {
    const client = "01890000-0000-0000-0000-000000000002"
    await world.inMas(`INSERT INTO oauth2_clients (oauth2_client_id, is_static, redirect_uris, contacts,
        grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
      VALUES ('${client}', false, '{}', '{}', true, true, true, true) ON CONFLICT DO NOTHING`)
    await world.inMas(`INSERT INTO oauth2_sessions (oauth2_session_id, oauth2_client_id, user_id, scope_list, created_at)
      VALUES (${anId}, '${client}', ${idOf(username)}, '{${scopes.join(", ")}}', now())`)
  }

  /** After the cutover: a token that Synapse has kept, of a device that syn2mas took over. */
  async function hadToken(localpart: string, device: string, nth: number): Promise<void> {
    await world.inSynapse(`INSERT INTO access_tokens (id, user_id, device_id, token)
      VALUES (${999_000 + nth}, '@${localpart}:ex.test', '${device}', 'syt_generated_${nth}')`)
  }

  async function announceKeys(localpart: string, device: string): Promise<void> {
    await world.inSynapse(`INSERT INTO e2e_device_keys_json VALUES ('@${localpart}:ex.test', '${device}', 1, '{}')`)
  }

  async function backUp(
    localpart: string,
    {
      deleted = 0,
      isEmpty = false,
      isFollowed = false,
    }: { deleted?: number; isEmpty?: boolean; isFollowed?: boolean } = {},
  ): Promise<void> {
    const user = `'@${localpart}:ex.test'`
    const version = (number: number) =>
      `INSERT INTO e2e_room_keys_versions (user_id, version, algorithm, auth_data, deleted)
        VALUES (${user}, ${number}, 'm.megolm_backup.v1', '{}', ${deleted})`
    await world.inSynapse(version(1))
    if (isFollowed) await world.inSynapse(version(2))
    if (isEmpty) return
    await world.inSynapse(`INSERT INTO e2e_room_keys (user_id, room_id, session_id, version, session_data)
      VALUES (${user}, '!room:ex.test', 'session', 1, '{}')`)
  }
})
