import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { type SecretSource, trimmedSecret } from "../config/secret.ts"
import type { SecretsConfig, SigningKeyConfig } from "../config/secrets.ts"

/** The public half of a key of ours, as a JWK (RFC 7517). */
export interface SigningKey {
  readonly kid: string
  readonly jwk: Readonly<Record<string, unknown>>
}

/** Those of `secrets.keys`, then those of `secrets.keys_dir`. @throws Error for one that is no private key. */
export async function loadSigningKeys({ keys, keysDir }: SecretsConfig): Promise<readonly SigningKey[]> {
  const names = keysDir === undefined ? [] : (await readdir(keysDir)).sort()
  const inFolder = names.map((name) => ({
    kid: undefined,
    key: { file: join(keysDir ?? "", name) },
    password: undefined,
  }))
  return Promise.all([...keys, ...inFolder].map(loadKey))
}

async function loadKey({ kid, key, password }: SigningKeyConfig): Promise<SigningKey> {
  const passphrase = password === undefined ? undefined : await trimmedSecret(password)
  const jwk = createPublicKey(await parse(key, passphrase)).export({ format: "jwk" })
  return { kid: kid ?? thumbprint(jwk), jwk: { ...jwk } }
}

async function parse(source: SecretSource, passphrase: string | undefined): Promise<KeyObject> {
  const bytes = "value" in source ? Buffer.from(source.value) : await readFile(source.file)
  const secret = passphrase === undefined ? {} : { passphrase }
  if (bytes.includes("-----BEGIN")) return createPrivateKey({ key: bytes, ...secret })
  return createPrivateKey({ key: bytes, format: "der", type: "pkcs8", ...secret })
}

/** RFC 7638: the name of a key that has none. */
function thumbprint({ kty, crv, e, n, x, y }: JsonWebKeyFields): string {
  const required = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y }
  return createHash("sha256").update(JSON.stringify(required)).digest("base64url")
}

type JsonWebKeyFields = Partial<Record<"kty" | "crv" | "e" | "n" | "x" | "y", unknown>>
