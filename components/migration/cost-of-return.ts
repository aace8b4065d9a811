import { type EndingSession, findEndingSessions, type KeyFate } from "./ending-sessions.ts"
import { type BothSides, type Gained, whatMasGained } from "./gained.ts"
import { localpart } from "./gained-kinds.ts"
import { readMasState } from "./mas-state.ts"
import { nameList } from "./name-list.ts"

/**
 * What it costs to let Synapse use its own accounts again, a line each, the worst first: keys that are lost for good, then
 * who cannot log in any more. By name up to ten, then a count. Reads only.
 *
 * MAS tells Synapse of some of what is done in it, and that stays: new accounts (without a password) and devices, e-mails,
 * deactivations, and locks where Synapse is 1.150 or newer. Passwords, links and admins it keeps to itself.
 */
export async function costOfReturn(sides: BothSides): Promise<readonly string[]> {
  if ((await readMasState(sides.mas)) !== "filled") return [nothing]
  const gained = await whatMasGained(sides)
  const sessions = await findEndingSessions(sides)
  const stranded = await onlyMasLogsIn(sides)
  const registered = namesOf(gained, "mas-accounts")
  const changed = namesOf(gained, "mas-passwords").filter((name) => !stranded.has(name))
  const lines = [
    ...sessionLines(sessions, "keysLost"),
    ...sessionLines(sessions, "notInBackup"),
    line(
      "accounts registered with MAS: nobody can log in to them any more",
      registered,
      "Synapse has no password for them; its admin API can set one",
    ),
    line(
      "other accounts that only MAS can log in",
      [...stranded].filter((name) => !registered.includes(name)),
      "Synapse has neither password nor external id for them",
    ),
    ...sessionLines(sessions, "withoutBackup"),
    ...sessionLines(sessions, "inBackup"),
    ...sessionLines(sessions, "withoutKeys"),
    line("passwords changed with MAS", changed, "the one from before the cutover counts again"),
    ...kept.map(([kind, what, then]) => line(what, namesOf(gained, kind), then)),
    ...(await rightsThatReturn(sides)),
  ]
  const costs = lines.filter((text) => text !== undefined)
  return costs.length > 0 ? costs.map((text) => `the way back costs: ${text}`) : [nothing]
}

/** How a fate is told around the words for the sessions, and what is to be known or done. */
const fates: Readonly<Record<KeyFate, { readonly before: string; readonly after: string; readonly advice: string }>> = {
  keysLost: {
    before: "keys are lost: ",
    after: " whose devices have end-to-end keys, and their owners have no key backup in Synapse",
    advice: "have them set up key backup first",
  },
  notInBackup: {
    before: "keys are lost: ",
    after: " whose devices their owners never verified, and such a device takes no part in the key backup",
    advice: "have them verify these devices from another one first",
  },
  inBackup: {
    before: "",
    after: ", of devices that take part in the key backup",
    advice:
      "it has what they uploaded until then and nothing later, and gives it back to whoever has the recovery key or another verified device",
  },
  withoutBackup: {
    before: "",
    after: ", of accounts without a key backup",
    advice: "their devices have announced no end-to-end keys, so there should be none to lose",
  },
  withoutKeys: {
    before: "",
    after: "",
    advice: "their devices have announced no end-to-end keys, so there should be none to lose",
  },
}

const origins: Readonly<Record<EndingSession["origin"], string>> = {
  "begun with MAS": "sessions begun with MAS end",
  refreshed: "sessions from before the cutover that MAS has refreshed since (Synapse knows only their old tokens) end",
}

function sessionLines(sessions: readonly EndingSession[], fate: KeyFate): readonly (string | undefined)[] {
  const { before, after, advice } = fates[fate]
  return Object.entries(origins).map(([origin, words]) => {
    const those = sessions.filter((one) => one.fate === fate && one.origin === origin)
    const names = those.map(({ account }) => account)
    return line(`${before}${words}${after}`, names, advice)
  })
}

const nothing = "the way back costs nobody anything: MAS has gained nothing of its own"

/** What else only MAS knows: the kind, what it is, what it means in legacy. */
const kept: readonly (readonly [Gained["kind"]["name"], string, string])[] = [
  ["mas-emails", "e-mail addresses that only MAS knows", "unknown in legacy"],
  ["mas-links", "links to another provider's accounts that only MAS knows", "nobody logs in by them in legacy"],
  ["mas-locks", "accounts locked in MAS alone", "open again"],
  ["mas-deactivations", "accounts deactivated in MAS alone, Synapse was not told yet", "in use again"],
  ["mas-admins", "admins in MAS alone", "no admins in legacy"],
]

function line(what: string, names: readonly string[], then: string): string | undefined {
  return names.length === 0 ? undefined : `${what} (${names.length}): ${nameList(names)}; ${then}`
}

function namesOf(gained: readonly Gained[], name: Gained["kind"]["name"]): readonly string[] {
  return gained.find(({ kind }) => kind.name === name)?.names ?? []
}

/** Accounts that have a way to log in with MAS, and none with Synapse. */
async function onlyMasLogsIn({ synapse, mas }: BothSides): Promise<ReadonlySet<string>> {
  const canWithMas = await mas.rows<{ account: string }>(`SELECT username AS account FROM users u
    WHERE deactivated_at IS NULL AND NOT is_guest
      AND (EXISTS (SELECT FROM user_passwords p WHERE p.user_id = u.user_id AND p.hashed_password <> '')
        OR EXISTS (SELECT FROM upstream_oauth_links l WHERE l.user_id = u.user_id))
    ORDER BY username COLLATE "C"`)
  const canWithSynapse = await synapse.rows<{ account: string }>(`SELECT ${localpart("name")} AS account FROM users u
    WHERE coalesce(password_hash, '') <> '' OR EXISTS (SELECT FROM user_external_ids e WHERE e.user_id = u.name)`)
  const known = new Set(canWithSynapse.map(({ account }) => account))
  return new Set(canWithMas.map(({ account }) => account).filter((account) => !known.has(account)))
}

/** What was taken from an account in MAS alone, and counts again in Synapse. */
async function rightsThatReturn({ synapse, mas }: BothSides): Promise<(string | undefined)[]> {
  const namesIn = async (database: BothSides["mas"], sql: string) =>
    (await database.rows<{ account: string }>(`${sql} ORDER BY 1`)).map(({ account }) => account)
  const both = async (ofSynapse: string, ofMas: string) => {
    const without = new Set(await namesIn(mas, `SELECT username AS account FROM users WHERE ${ofMas}`))
    const holders = await namesIn(synapse, `SELECT ${localpart("name")} AS account FROM users WHERE ${ofSynapse}`)
    return holders.filter((name) => without.has(name))
  }
  return [
    line(
      "admins in Synapse who are none in MAS",
      await both("admin <> 0", "NOT can_request_admin AND deactivated_at IS NULL"),
      "admins again",
    ),
    line(
      "accounts locked in Synapse and not in MAS",
      await both("locked", "locked_at IS NULL AND deactivated_at IS NULL"),
      "locked again",
    ),
  ]
}
