import { createHmac } from "node:crypto"
import { type Call, callsTo, path } from "./client-api.ts"
import { deviceKeys, sharedSecret } from "./device-keys.ts"
import { deviceOf, type Person, passwordOf, people } from "./people.ts"

/** The Synapse to fill, while it is in legacy. */
export interface Homeserver {
  /** Base address of its client API, without a proxy in between. */
  readonly url: string
  readonly serverName: string
  readonly registrationSharedSecret: string
  /** Of the application service whose registration Synapse has loaded. */
  readonly asToken: string
}

/** Somebody's session, as their client would know it. */
export interface Session {
  readonly userId: string
  readonly deviceId: string
  readonly accessToken: string
}

/** What the lab remembers of its people, to ask for it again after a cutover. */
export interface Seeded {
  readonly sessions: readonly Session[]
  readonly asToken: string
  readonly bot: string
  /** A room with encrypted history that alice and bob are in. */
  readonly room: string
  readonly history: readonly string[]
}

/** Fills a Synapse through its own APIs. The same accounts, devices, keys and messages at every run; tokens differ. */
export async function seed(homeserver: Homeserver): Promise<Seeded> {
  const accounts = people.filter(({ is }) => is !== "guest")
  for (const person of accounts) await register(homeserver, person)
  const sessions: Session[] = []
  for (const person of accounts) sessions.push(...(await logIn(homeserver, person)))
  const [first] = sessions
  if (first === undefined) throw new Error("nobody is logged in")
  const admin = callsTo(homeserver.url, first.accessToken)
  const bot = await seedApplicationService(homeserver)
  const { room, history } = await seedHistory(homeserver, sessions)
  for (const person of accounts.filter(({ keyBackup }) => keyBackup)) {
    await backUpKeys(homeserver, sessions, person, room)
  }
  for (const person of accounts) await describe(admin, homeserver, person)
  return { sessions, asToken: homeserver.asToken, bot, room, history }
}

/** Registers one account and logs it in on its devices. */
export async function seedAccount(homeserver: Homeserver, person: Person): Promise<readonly Session[]> {
  await register(homeserver, person)
  return logIn(homeserver, person)
}

/** Registers a guest. Synapse has to allow guests for that moment (`allow_guest_access`). */
export async function seedGuest(url: string): Promise<void> {
  await callsTo(url)("POST", "/_matrix/client/v3/register?kind=guest", {})
}

async function register({ url, registrationSharedSecret }: Homeserver, { localpart, is }: Person): Promise<void> {
  const call = callsTo(url)
  const { nonce } = await call("GET", "/_synapse/admin/v1/register")
  const password = passwordOf(localpart)
  const admin = is === "admin"
  const mac = createHmac("sha1", registrationSharedSecret)
    .update([nonce, localpart, password, admin ? "admin" : "notadmin"].join("\0"))
    .digest("hex")
  const body = { nonce, username: localpart, displayname: localpart, password, admin, mac, inhibit_login: true }
  await call("POST", "/_synapse/admin/v1/register", body)
}

async function logIn(homeserver: Homeserver, person: Person): Promise<Session[]> {
  const sessions: Session[] = []
  for (let nth = 1; nth <= person.devices; nth++) sessions.push(await logInOnDevice(homeserver.url, person, nth))
  return sessions
}

/** Logs an account in on its nth device by its password, and uploads that device's keys. */
export async function logInOnDevice(url: string, person: Person, nth: number): Promise<Session> {
  const session = await logInOnce(url, person, nth)
  const call = callsTo(url, session.accessToken)
  await call("POST", "/_matrix/client/v3/keys/upload", deviceKeys(session.userId, session.deviceId))
  return session
}

async function logInOnce(url: string, { localpart, refreshing = 0 }: Person, nth: number): Promise<Session> {
  const answer = await callsTo(url)("POST", "/_matrix/client/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: localpart },
    password: passwordOf(localpart),
    device_id: deviceOf(localpart, nth),
    initial_device_display_name: `${localpart}'s device ${nth}`,
    ...(nth <= refreshing ? { refresh_token: true } : {}),
  })
  return {
    userId: String(answer.user_id),
    deviceId: deviceOf(localpart, nth),
    accessToken: String(answer.access_token),
  }
}

/** The application service's bot and two of its ghosts: Synapse's own, that MAS never learns of. */
async function seedApplicationService({ url, serverName, asToken }: Homeserver): Promise<string> {
  const call = callsTo(url, asToken)
  for (const username of ["bridge_bot", "bridge_ghost_1", "bridge_ghost_2"]) {
    const body = { type: "m.login.application_service", username, inhibit_login: true }
    await call("POST", "/_matrix/client/v3/register", body)
  }
  return `@bridge_bot:${serverName}`
}

async function seedHistory({ url, serverName }: Homeserver, sessions: readonly Session[]) {
  const [alice, bob] = ["alice", "bob"].map((name) =>
    sessions.find(({ userId }) => userId === `@${name}:${serverName}`),
  )
  if (!alice || !bob) throw new Error("alice and bob have to be logged in")
  const asAlice = callsTo(url, alice.accessToken)
  const { room_id } = await asAlice("POST", "/_matrix/client/v3/createRoom", {
    preset: "private_chat",
    name: "Years of history",
    invite: [bob.userId],
    initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  })
  const room = String(room_id)
  await callsTo(url, bob.accessToken)("POST", path`/_matrix/client/v3/join/${room}`, {})
  const history: string[] = []
  for (let nth = 1; nth <= 10; nth++) history.push(await sendMessage(url, alice, { room, name: `message ${nth}` }))
  return { room, history }
}

/** Sends an encrypted message and returns its event id. The same name is the same message, sent once. */
export async function sendMessage(
  url: string,
  { accessToken, deviceId }: Session,
  { room, name }: { readonly room: string; readonly name: string },
): Promise<string> {
  const content = {
    algorithm: "m.megolm.v1.aes-sha2",
    session_id: sharedSecret("history"),
    device_id: deviceId,
    sender_key: sharedSecret("sender"),
    ciphertext: sharedSecret(name),
  }
  const target = path`/_matrix/client/v3/rooms/${room}/send/m.room.encrypted/${name}`
  return String((await callsTo(url, accessToken)("PUT", target, content)).event_id)
}

/** A backup of room keys on the server: with it, keys outlive the devices that held them. */
async function backUpKeys(homeserver: Homeserver, sessions: readonly Session[], { localpart }: Person, room: string) {
  const { url, serverName } = homeserver
  const session = sessions.find(({ userId }) => userId === `@${localpart}:${serverName}`)
  const call = callsTo(url, session?.accessToken)
  const { version } = await call("POST", "/_matrix/client/v3/room_keys/version", {
    algorithm: "m.megolm_backup.v1.curve25519-aes-sha2",
    auth_data: { public_key: sharedSecret(`backup of ${localpart}`) },
  })
  const key = path`/_matrix/client/v3/room_keys/keys/${room}/${sharedSecret("history")}`
  await call("PUT", `${key}?version=${version}`, {
    first_message_index: 0,
    forwarded_count: 0,
    is_verified: true,
    session_data: { ephemeral: sharedSecret("ephemeral"), ciphertext: sharedSecret("key"), mac: sharedSecret("mac") },
  })
}

/** What else is to be said of an account: e-mails, external ids, key backup, and what became of it. */
async function describe(admin: Call, { serverName }: Homeserver, person: Person): Promise<void> {
  const { localpart, emails = [], phones = [], externalId, is } = person
  const user = path`/_synapse/admin/v2/users/${`@${localpart}:${serverName}`}`
  const threepids = [
    ...emails.map((address) => ({ medium: "email", address })),
    ...phones.map((address) => ({ medium: "msisdn", address })),
  ]
  if (threepids.length > 0) await admin("PUT", user, { threepids })
  if (externalId) {
    const { provider, subject } = externalId
    await admin("PUT", user, { external_ids: [{ auth_provider: provider, external_id: subject }] })
  }
  if (is === "locked") await admin("PUT", user, { locked: true })
  if (is === "deactivated") await admin("PUT", user, { deactivated: true })
}
