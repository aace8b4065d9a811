/**
 * The second seed set: what a migration stumbles over, or what its people should know of, one of each kind. In SQL, since
 * Synapse's API makes none of it; for a Synapse that serves as for its bare tables.
 */
export interface Conflict {
  /** As `preFlightKinds` calls it. */
  readonly kind: string
  readonly sql: (server: string) => string
  /** One that is named. */
  readonly which: (server: string) => string
  /** How many of its kind it makes. Default: 1. */
  readonly count?: number
  /** What it makes of other kinds. */
  readonly also?: Readonly<Record<string, number>>
}

interface Row {
  readonly [column: string]: string | number | boolean | null
}

const insert = (table: string, row: Row) => {
  const values = Object.values(row).map((value) => (typeof value === "string" ? `'${value}'` : String(value)))
  return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${values.join(", ")})`
}

/** bcrypt of nothing that anybody types. */
const hash = "$2b$12$abcdefghijklmnopqrstuuJ3MSjDoJL1Iqgu7c8SEnVdtNLLTqSgq"
const user = (name: string | null, more: Row = {}) =>
  insert("users", { name, password_hash: hash, creation_ts: 1600000000, ...more })
const device = (user_id: string, device_id: string, hidden: boolean | null = false) =>
  insert("devices", { user_id, device_id, hidden })
const mail = (user_id: string, address: string, medium = "email") =>
  insert("user_threepids", { user_id, medium, address, validated_at: 1, added_at: 1 })
const link = (user_id: string, auth_provider: string) =>
  insert("user_external_ids", { auth_provider, external_id: `subject of ${user_id}`, user_id })

/** Beyond all that Synapse has given out. */
let ids = 9_000_000
const token = (user_id: string, device_id: string | null, more: Row = {}) => {
  const id = ids++
  return insert("access_tokens", { id, user_id, device_id, token: `syt_conflict_${id}`, ...more })
}
const pair = (user_id: string, device_id: string, accessTokens = 1) => {
  const id = ids++
  const access = Array.from({ length: accessTokens }, () => token(user_id, device_id, { refresh_token_id: id }))
  return [insert("refresh_tokens", { id, user_id, device_id, token: `syr_conflict_${id}` }), ...access].join("; ")
}

/** Somebody, named after what is the matter with them. */
const at = (localpart: string) => (server: string) => `@${localpart}:${server}`

/** A conflict that one account of that name makes. */
const one = (
  kind: string,
  localpart: string,
  sql: (id: string) => readonly string[],
  more: Partial<Conflict> = {},
) => ({
  kind,
  sql: (server: string) => sql(at(localpart)(server)).join("; "),
  which: at(localpart),
  ...more,
})

const strays = Array.from({ length: 12 }, (_, nth) => `@stray${String(nth).padStart(2, "0")}:other.test`)

export const rowConflicts: readonly Conflict[] = [
  {
    kind: "foreign-accounts",
    sql: () => strays.map((name) => user(name)).join("; "),
    which: () => "@stray09:other.test and 2 more",
    count: strays.length,
  },
  one(
    "service-accounts-with-colon",
    "irc:channel",
    (id) => [user(id, { appservice_id: "bridge" }), mail(id, "irc@ex.test")],
    {
      also: { "service-accounts": 1 },
    },
  ),
  one("odd-creation-times", "timeless", (id) => [user(id, { creation_ts: null })]),
  one("provider-not-in-synapse", "samuel", (id) => [user(id), link(id, "saml")], {
    which: (server) => `@samuel:${server} at saml`,
  }),
  one("provider-not-in-mas", "olga", (id) => [user(id), link(id, "oidc-old")], {
    which: (server) => `@olga:${server} at oidc-old`,
  }),
  one("earlier-delegation", "before", (id) => [user(id), link(id, "oauth-delegated")]),
  one("names-equal-but-for-case", "twin", (id) => [user(id), user(id.replace("twin", "Twin"))], {
    count: 2,
    also: { "odd-names": 1 },
  }),
  one("odd-names", "what a name!", (id) => [user(id)]),
  one(
    "e-mails-equal-but-for-case",
    "mail1",
    (id) => [
      user(id),
      mail(id, "Same@ex.test"),
      user(id.replace("1", "2")),
      mail(id.replace("1", "2"), "same@ex.test"),
    ],
    { count: 2 },
  ),
  one("nobody-can-log-in", "mute", (id) => [user(id, { password_hash: null })]),
  one("not-approved", "waiting", (id) => [user(id, { approved: false })]),
  one("shadow-banned", "shadow", (id) => [user(id, { shadow_banned: true })]),
  one("guests", "4712", (id) => [user(id, { is_guest: 1, password_hash: null })]),
  one("phone-numbers", "caller", (id) => [user(id), mail(id, "4912345678", "msisdn")]),
  one("service-accounts", "bridge_ghost_9", (id) => [user(id, { appservice_id: "bridge", password_hash: null })]),
  one("orphaned-devices", "ghost-of-device", (id) => [device(id, "GHOST")]),
  one("orphaned-access-tokens", "ghost-of-token", (id) => [token(id, null)]),
  one("orphaned-refresh-tokens", "ghost-of-refresh", (id) => [device(id, "GHOST", true), pair(id, "GHOST")]),
  one("orphaned-threepids", "ghost-of-mail", (id) => [mail(id, "ghost@ex.test")]),
  one("orphaned-external-ids", "ghost-of-link", (id) => [link(id, "oidc-dex")]),
  one("tokens-of-hidden-devices", "hidden", (id) => [user(id), device(id, "KEYS", true), token(id, "KEYS")]),
  one("refresh-tokens-twice", "double", (id) => [user(id), device(id, "DOUBLE"), pair(id, "DOUBLE", 2)]),
  one("tokens-without-device", "lost", (id) => [user(id), token(id, "GONE")]),
  one("tokens-of-odd-shape", "handmade", (id) => [
    user(id),
    device(id, "HANDMADE"),
    token(id, "HANDMADE", { token: "made-by-hand" }),
  ]),
  ...["valid_until_ms", "last_validated"].map((column) =>
    one(
      "odd-times",
      `late-${column.replaceAll("_", "-")}`,
      (id) => [user(id), device(id, "LATE"), token(id, "LATE", { [column]: 9_223_372_036_855 })],
      { which: (server) => `@late-${column.replaceAll("_", "-")}:${server} (${column})` },
    ),
  ),
  one(
    "odd-times",
    "late-device",
    (id) => [
      user(id),
      insert("devices", { user_id: id, device_id: "LATE", hidden: false, last_seen: 9_223_372_036_855 }),
    ],
    {
      which: (server) => `@late-device:${server} (last_seen)`,
    },
  ),
  one(
    "odd-times",
    "late-mail",
    (id) => [
      user(id),
      insert("user_threepids", {
        user_id: id,
        medium: "email",
        address: "late@ex.test",
        validated_at: 1,
        added_at: 9_223_372_036_855,
      }),
    ],
    {
      which: (server) => `@late-mail:${server} (added_at)`,
    },
  ),
  one("puppet-tokens", "puppeteer", (id) => [user(id), token(id, null, { puppets_user_id: "@puppet:ex.test" })], {
    which: (server) => `@puppeteer:${server} as @puppet:ex.test`,
  }),
  one("dehydrated-devices", "dry", (id) => [
    user(id),
    insert("dehydrated_devices", { user_id: id, device_id: "DRY", device_data: "{}" }),
  ]),
  one("sessions-of-closed-accounts", "closed", (id) => [user(id, { deactivated: 1 }), device(id, "GONE")]),
  one("rows-of-nobody", "ghost-unread", (id) => [token(id, "GONE")]),
]
