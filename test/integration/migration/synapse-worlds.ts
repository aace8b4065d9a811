import fc from "fast-check"

/** A Synapse account with all that syn2mas looks at, in any mixture that Synapse's own constraints allow. */
export interface Person {
  readonly password: string | null
  readonly is: Readonly<Record<"admin" | "guest" | "deactivated" | "locked" | "bridged", boolean>>
  readonly devices: readonly { readonly isHidden: boolean | null; readonly isOfGuests: boolean }[]
  readonly tokens: readonly Token[]
  readonly mails: number
  readonly phones: number
  readonly links: number
}

interface Token {
  /** Which of the devices, as far as people see it; otherwise one that is gone. `null`: none at all. */
  readonly device: number | null
  readonly puppets: boolean
  readonly expires: boolean
  /** Of one that can be refreshed: whether it was, and whether the successor was used. */
  readonly refresh: "never" | "not yet" | "refreshed" | "successor used"
}

const rarely = fc.boolean().chain((is) => (is ? fc.boolean() : fc.constant(false)))
const token: fc.Arbitrary<Token> = fc.record({
  device: fc.option(fc.nat({ max: 3 })),
  puppets: rarely,
  expires: fc.boolean(),
  refresh: fc.constantFrom("never", "never", "not yet", "refreshed", "successor used"),
})

export const people: fc.Arbitrary<readonly Person[]> = fc.array(
  fc.record({
    password: fc.constantFrom(null, "", "$2b$12$hash"),
    is: fc.record({ admin: rarely, guest: rarely, deactivated: rarely, locked: rarely, bridged: rarely }),
    devices: fc.array(fc.record({ isHidden: fc.option(rarely), isOfGuests: rarely }), { maxLength: 3 }),
    tokens: fc.array(token, { maxLength: 4 }),
    mails: fc.nat({ max: 2 }),
    phones: fc.nat({ max: 1 }),
    links: fc.nat({ max: 1 }),
  }),
  { minLength: 1, maxLength: 8 },
)

/** Statements that put these people, and nobody else, into Synapse's tables. */
export function statementsFor(world: readonly Person[]): string {
  const ids = { access: 0, refresh: 0 }
  const rows = world.flatMap((person, index) => {
    const user = quote(`@p${index}:ex.test`)
    return [account(user, person), ...devices(user, person), ...tokens(user, person, ids), ...addresses(user, person)]
  })
  const tables = "users, devices, access_tokens, refresh_tokens, user_threepids, user_external_ids"
  return [`TRUNCATE ${tables}`, ...rows].join(";\n")
}

function account(user: string, { password, is }: Person): string {
  const flags = [is.admin, is.guest, is.deactivated].map(Number).join(", ")
  const values = [user, password === null ? "NULL" : quote(password), 1, flags, is.locked, is.bridged ? "'b'" : "NULL"]
  return `INSERT INTO users (name, password_hash, creation_ts, admin, is_guest, deactivated, locked, appservice_id)
    VALUES (${values.join(", ")})`
}

function isOfGuests(person: Person, index: number): boolean {
  return index === 0 && person.devices[index]?.isOfGuests === true
}

function deviceName(person: Person, index: number): string {
  return quote(isOfGuests(person, index) ? "guest_device" : `DEVICE${index}`)
}

/** A token of a hidden device ends syn2mas half-way (seen with the stand-in): Synapse gives none out. */
function deviceOfToken(person: Person, index: number): string {
  const device = person.devices[index]
  return device?.isHidden === false && !isOfGuests(person, index) ? deviceName(person, index) : quote("VANISHED")
}

function devices(user: string, person: Person): string[] {
  return person.devices.map(
    ({ isHidden }, index) =>
      `INSERT INTO devices (user_id, device_id, hidden) VALUES (${user}, ${deviceName(person, index)}, ${isHidden})`,
  )
}

function tokens(user: string, person: Person, ids: { access: number; refresh: number }): string[] {
  const give = (token: Token, refresh: number | null, isUsed: boolean) => {
    const access = ++ids.access
    const device = token.device === null ? "NULL" : deviceOfToken(person, token.device)
    const until = token.expires ? 4102444800000 : null
    const values = [access, user, device, quote(`syt_${access}`), until, token.puppets ? "'@p0:ex.test'" : null]
    return `INSERT INTO access_tokens (id, user_id, device_id, token, valid_until_ms, puppets_user_id, refresh_token_id, used)
      VALUES (${[...values.map((value) => value ?? "NULL"), refresh ?? "NULL", isUsed].join(", ")})`
  }
  const refreshable = (token: Token, next: number | null) => {
    const id = ++ids.refresh
    const device = deviceOfToken(person, token.device ?? 3)
    const row = `INSERT INTO refresh_tokens (id, user_id, device_id, token, next_token_id)
      VALUES (${[id, user, device, quote(`syr_${id}`), next ?? "NULL"].join(", ")})`
    return { id, row }
  }
  return person.tokens.flatMap((token) => {
    if (token.refresh === "never") return [give(token, null, false)]
    const held = { ...token, device: token.device ?? 3 }
    if (token.refresh === "not yet") {
      const only = refreshable(held, null)
      return [only.row, give(held, only.id, true)]
    }
    const successor = refreshable(held, null)
    const first = refreshable(held, successor.id)
    const isUsed = token.refresh === "successor used"
    return [successor.row, first.row, give(held, first.id, true), give(held, successor.id, isUsed)]
  })
}

function addresses(user: string, { mails, phones, links }: Person): string[] {
  const name = user.slice(2, 4)
  const threepid = (medium: string, address: string) =>
    `INSERT INTO user_threepids VALUES (${user}, ${quote(medium)}, ${quote(address)}, 1, 1)`
  return [
    ...Array.from({ length: mails }, (_, index) => threepid("email", `${name}.${index}@Ex.test`)),
    ...Array.from({ length: phones }, () => threepid("msisdn", `49${name}`)),
    ...Array.from(
      { length: links },
      () =>
        `INSERT INTO user_external_ids (auth_provider, external_id, user_id) VALUES ('oidc-dex', '${name}', ${user})`,
    ),
  ]
}

function quote(text: string): string {
  return `'${text}'`
}
