import { generateKeyPairSync, type KeyObject, sign } from "node:crypto"

/** One of a person's cross-signing keys, or a device's. */
interface SigningKey {
  readonly publicKey: string
  sign(text: string): string
}

const unpadded = (text: string) => text.replace(/=+$/, "")

function makeKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519") as { publicKey: KeyObject; privateKey: KeyObject }
  const raw = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url")
  return {
    publicKey: unpadded(raw.toString("base64")),
    sign: (text) => unpadded(sign(null, Buffer.from(text), privateKey).toString("base64")),
  }
}

/** How a device's owner stands to it, as Synapse's tables tell it. `signed` alone takes part in the key backup. */
export const standings = [
  "signed",
  "never signed",
  "no cross-signing",
  "signed by the key before the present one",
  "signed with other keys",
  "signed by somebody else",
  "signed by a key that the master key has not signed",
  "signed by the master key's name with rubbish",
  "keys that nobody can read",
] as const
export type Standing = (typeof standings)[number]

/** Statements for an account's device with keys, and for how its owner stands to it. One device an account. */
export function statementsFor(localpart: string, device: string, standing: Standing): string {
  const owner = `@${localpart}:ex.test`
  const [master, self, former, other, own] = [makeKey(), makeKey(), makeKey(), makeKey(), makeKey()]
  // Written as canonical JSON by hand: what is judged here is not to judge itself.
  const keysOf = (key: SigningKey) =>
    `{"algorithms":["m.olm.v1"],"device_id":"${device}","keys":{"ed25519:${device}":"${key.publicKey}"},"user_id":"${owner}"}`
  const crossSigning = (usage: string, key: SigningKey) =>
    `{"keys":{"ed25519:${key.publicKey}":"${key.publicKey}"},"usage":["${usage}"],"user_id":"${owner}"}`
  const signedBy = (text: string, signer: SigningKey) =>
    `{"signatures":{"${owner}":{"ed25519:${master.publicKey}":"${signer.sign(text)}"}},${text.slice(1)}`
  const stored = standing === "keys that nobody can read" ? "{" : withExtras(keysOf(own), owner, device, own)
  const row = (table: string, ...values: readonly (string | number)[]) =>
    `INSERT INTO ${table} VALUES (${values.map((value) => (typeof value === "number" ? value : `'${value}'`)).join(", ")})`
  const announced = row("e2e_device_keys_json", owner, device, 1, stored)
  if (standing === "no cross-signing") return announced
  const selfText = crossSigning("self_signing", self)
  const isDisowned = standing === "signed by a key that the master key has not signed"
  const keys = (type: string, text: string, stream: number) =>
    `INSERT INTO e2e_cross_signing_keys (user_id, keytype, keydata, stream_id)
      VALUES ('${owner}', '${type}', '${text}', (SELECT coalesce(max(stream_id), 0) + ${stream} FROM e2e_cross_signing_keys))`
  const signature = (signer: string, key: SigningKey, text: string, made = key.sign(text)) =>
    row("e2e_cross_signing_signatures", signer, `ed25519:${key.publicKey}`, owner, device, made)
  const made: Partial<Record<Standing, string>> = {
    signed: signature(owner, self, keysOf(own)),
    "signed by the key before the present one": signature(owner, former, keysOf(own)),
    "signed with other keys": signature(owner, self, keysOf(other)),
    "signed by somebody else": signature("@stranger:ex.test", other, keysOf(own)),
    "signed by a key that the master key has not signed": signature(owner, self, keysOf(own)),
    "signed by the master key's name with rubbish": signature(owner, self, "", "rubbish"),
    "keys that nobody can read": signature(owner, self, keysOf(own)),
  }
  return [
    announced,
    keys("master", crossSigning("master", master), 1),
    keys("self_signing", signedBy(crossSigning("self_signing", former), master), 1),
    keys("self_signing", signedBy(selfText, isDisowned ? other : master), 2),
    ...(made[standing] === undefined ? [] : [made[standing]]),
  ].join(";\n")
}

/** As clients upload it: signed by itself, with what Synapse adds, keys in no order. */
function withExtras(text: string, owner: string, device: string, own: SigningKey): string {
  const parsed = JSON.parse(text) as Record<string, unknown>
  const shuffled = Object.fromEntries(Object.entries(parsed).reverse())
  const signatures = { [owner]: { [`ed25519:${device}`]: own.sign(text) } }
  return JSON.stringify({ unsigned: { device_display_name: "a phone" }, ...shuffled, signatures })
}
