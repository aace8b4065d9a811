import assert from "node:assert/strict"
import { after, before, beforeEach, suite, test } from "node:test"
import fc from "fast-check"
import { costOfReturn } from "../../../components/migration/cost-of-return.ts"
import { propertyRuns } from "../../unit/property-runs.ts"
import { type Standing, standings, statementsFor } from "./cross-signing.ts"
import { anId, idOf, UsedMas } from "./used-mas.ts"

/** How each fate of a session's keys is said, around the words for where the session is from. */
const sayings: Readonly<Record<string, (origin: string) => RegExp>> = {
  "no backup": (origin) => new RegExp(`^keys are lost: ${origin} .*no key backup in Synapse \\(\\d+\\): (.*?);`),
  unverified: (origin) => new RegExp(`^keys are lost: ${origin} .*never verified.* \\(\\d+\\): (.*?);`),
  "in backup": (origin) => new RegExp(`^${origin}, of devices that take part in the key backup \\(\\d+\\): (.*?);`),
  "no keys, no backup": (origin) => new RegExp(`^${origin}, of accounts without a key backup \\(\\d+\\): (.*?);`),
  "no keys, backup": (origin) => new RegExp(`^${origin} \\(\\d+\\): (.*?);`),
}

const words: Readonly<Record<"begun" | "refreshed", string>> = {
  begun: "sessions begun with MAS end",
  refreshed:
    "sessions from before the cutover that MAS has refreshed since \\(Synapse knows only their old tokens\\) end",
}

/** The device that each account had before the cutover, with a token. */
const oldDevices: Readonly<Record<string, string>> = { admin: "DEVADM", locked: "DEVLOC", Xavier: "DEVXAV" }

/** How a session with MAS's tokens comes to be, and what is to be said of where it is from. */
const origins = {
  "OAuth, a new device": "begun",
  "OAuth, on with the old device": "begun",
  "the old API, a new device": "begun",
  "the old API, on with the old device": "begun",
  "taken over and refreshed": "refreshed",
  "taken over and refreshed long ago, so that MAS has cleared its old tokens away": "refreshed",
} as const

interface Owned {
  readonly name: string
  readonly nth: number
  readonly origin: keyof typeof origins
  readonly standing: Standing | "no keys"
  readonly hasBackup: boolean
}

function outcomeOf({ origin, standing, hasBackup }: Owned): string {
  return `${origins[origin]}: ${fateOf(standing, hasBackup)}`
}

function fateOf(standing: Owned["standing"], hasBackup: boolean): string {
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

  test("each session that ends is told once: where it is from, and what becomes of its keys", async () => {
    const session = fc.record({
      origin: fc.constantFrom(...(Object.keys(origins) as (keyof typeof origins)[])),
      standing: fc.constantFrom(...standings, "signed" as const, "no keys" as const),
      hasBackup: fc.boolean(),
    })
    const isNamed = fc.asyncProperty(fc.tuple(session, session, session), async (sessions) => {
      await world.cutOver()
      const owned = sessions.map((one, nth) => ({ ...one, nth, name: Object.keys(oldDevices)[nth] ?? "" }))
      for (const one of owned) await haveSession(one)
      const named = [...owned].sort((one, other) => (one.name < other.name ? -1 : 1))
      const wanted = [...Map.groupBy(named, outcomeOf)].map(([kind, of]) => [
        kind,
        of.map(({ name }) => name).join(", "),
      ])
      const lines = (await cost()).map((text) => text.replace("the way back costs: ", ""))
      const found = Object.entries(words).flatMap(([origin, said]) =>
        Object.entries(sayings).flatMap(([fate, saying]) =>
          lines.flatMap((text) => saying(said).exec(text)?.[1] ?? []).map((names) => [`${origin}: ${fate}`, names]),
        ),
      )
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(wanted), lines.join("\n"))
      assert.equal(lines.length, found.length, lines.join("\n"))
    })
    await fc.assert(isNamed, { numRuns: propertyRuns(8), endOnFailure: true })
  })

  for (const [origin, from] of Object.entries(origins) as [keyof typeof origins, "begun" | "refreshed"][]) {
    for (const [nth, name] of Object.keys(oldDevices).entries()) {
      test(`a session of ${name}'s: ${origin}: is told as ${from}`, async () => {
        await haveSession({ name, nth, origin, standing: "no keys", hasBackup: true })
        const lines = await cost()
        assert.equal(lines.length, 1, lines.join("\n"))
        assert.match(lines[0] ?? "", new RegExp(`^the way back costs: ${words[from]} \\(1\\): ${name};`))
      })
    }
  }

  test("where Synapse does not know when it made a token, MAS's own copy of it tells that the session is an old one", async () => {
    await refresh("locked", "REFRESH", false)
    assert.match((await cost()).join("\n"), new RegExp(`^the way back costs: ${words.refreshed}.* \\(1\\): locked;`))
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

  async function haveSession({ name, nth, origin, standing, hasBackup }: Owned): Promise<void> {
    const old = oldDevices[name] ?? assert.fail()
    const device = /new device/.test(origin) ? `GENERATED${nth}` : old
    if (origin.startsWith("OAuth")) await beginSession(name, [`urn:matrix:client:device:${device}`])
    else if (origin.startsWith("the old API")) await logIn(name, device)
    else await refresh(name, device, origin.includes("long ago"))
    if (standing !== "no keys") await world.inSynapse(statementsFor(name, device, standing))
    if (hasBackup) await backUp(name)
  }

  /** A log-in ends the session that the device had (MAS 1.22, compat log-in). */
  async function logIn(name: string, device: string): Promise<void> {
    await world.inMas(`UPDATE compat_sessions SET finished_at = now()
      WHERE user_id = ${idOf(name)} AND device_id = '${device}'`)
    await world.manage("issue-compatibility-token", name, device)
  }

  /** As MAS does it: a pair of tokens of its own beside the old one, which expires; those are cleared away after 30 days. */
  async function refresh(name: string, device: string, isLongAgo: boolean): Promise<void> {
    const session = `(SELECT compat_session_id FROM compat_sessions
      WHERE user_id = ${idOf(name)} AND device_id = '${device}')`
    if (isLongAgo) {
      await world.inMas(`DELETE FROM compat_refresh_tokens WHERE compat_session_id = ${session}`)
      await world.inMas(`DELETE FROM compat_access_tokens WHERE compat_session_id = ${session}`)
    } else await world.inMas(`UPDATE compat_access_tokens SET expires_at = now() WHERE compat_session_id = ${session}`)
    await world.inMas(`INSERT INTO compat_access_tokens
        (compat_access_token_id, compat_session_id, access_token, created_at, expires_at)
      VALUES (${anId}, ${session}, 'mct_generated_${name}', now(), now() + interval '5 minutes')`)
  }

  async function beginSession(username: string, scopes: readonly string[]): Promise<void> {
    const client = "01890000-0000-0000-0000-000000000002"
    await world.inMas(`INSERT INTO oauth2_clients (oauth2_client_id, is_static, redirect_uris, contacts,
        grant_type_authorization_code, grant_type_refresh_token, grant_type_client_credentials, grant_type_device_code)
      VALUES ('${client}', false, '{}', '{}', true, true, true, true) ON CONFLICT DO NOTHING`)
    await world.inMas(`INSERT INTO oauth2_sessions (oauth2_session_id, oauth2_client_id, user_id, scope_list, created_at)
      VALUES (${anId}, '${client}', ${idOf(username)}, '{${scopes.join(", ")}}', now())`)
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
