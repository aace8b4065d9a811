import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"

const algorithm = "chacha20-poly1305"
const nonceBytes = 12
const tagBytes = 16

/** Base64 of a fresh nonce, the ciphertext and its tag: never the same twice, which is why rows cannot be compared. */
export function encryptSecret(key: Buffer, secret: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  const sealed = [cipher.update(secret, "utf8"), cipher.final()]
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString("base64")
}

/** @throws Error if the key is another one or the text was tampered with. */
export function decryptSecret(key: Buffer, text: string): string {
  const bytes = Buffer.from(text, "base64")
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString("utf8")
}
