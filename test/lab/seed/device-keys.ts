import { createPrivateKey, createPublicKey, diffieHellman, hash, type KeyObject, sign } from "node:crypto"

/**
 * The keys that a client uploads for its device, properly made and signed (client-server API, "Key algorithms"), and the
 * same for the same device at every run.
 */
export function deviceKeys(userId: string, deviceId: string) {
  const identity = privateKey("ed25519", `identity of ${userId} ${deviceId}`)
  const exchange = privateKey("x25519", `exchange of ${userId} ${deviceId}`)
  const signed = (content: object) => ({
    ...content,
    signatures: { [userId]: { [`ed25519:${deviceId}`]: signature(identity, content) } },
  })
  const keys = {
    user_id: userId,
    device_id: deviceId,
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    keys: { [`curve25519:${deviceId}`]: publicText(exchange), [`ed25519:${deviceId}`]: publicText(identity) },
  }
  const oneTime = publicText(privateKey("x25519", `one-time of ${userId} ${deviceId}`))
  return { device_keys: signed(keys), one_time_keys: { "signed_curve25519:AAAAAQ": signed({ key: oneTime }) } }
}

const prefixes = { ed25519: "302e020100300506032b657004220420", x25519: "302e020100300506032b656e04220420" }

function privateKey(kind: keyof typeof prefixes, seed: string): KeyObject {
  const der = Buffer.concat([Buffer.from(prefixes[kind], "hex"), hash("sha256", seed, "buffer")])
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
}

function publicText(key: KeyObject): string {
  return unpadded(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32))
}

function signature(key: KeyObject, content: object): string {
  return unpadded(sign(null, Buffer.from(canonical(content)), key))
}

/** A secret that two keys share: what a message is encrypted with, as far as the lab needs it. */
export function sharedSecret(seed: string): string {
  const key = privateKey("x25519", seed)
  return unpadded(diffieHellman({ privateKey: key, publicKey: createPublicKey(key) }))
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "")
}
