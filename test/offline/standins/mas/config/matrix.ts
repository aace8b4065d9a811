import type { Cursor } from "./cursor.ts"
import { readSecretSource, type SecretSource } from "./secret.ts"

const kinds = ["synapse", "synapse_read_only", "synapse_legacy", "synapse_modern"] as const

/** The homeserver that MAS belongs to. */
export interface MatrixConfig {
  /** `synapse` and `synapse_modern` are one; `synapse_read_only` asks Synapse but writes nothing to it. */
  readonly kind: (typeof kinds)[number]
  /** Server name, such as `example.org`. */
  readonly homeserver: string
  /** Serialised as WHATWG does, so usually with a slash at the end. */
  readonly endpoint: string
  readonly secret: SecretSource
}

export function readMatrix(root: Cursor): MatrixConfig {
  const cursor = root.required("matrix").struct("MatrixConfig")
  const endpoint = cursor.given("endpoint")?.url() ?? "http://localhost:8008/"
  const homeserver = cursor.given("homeserver")?.string() ?? "localhost:8008"
  const kind = cursor.given("kind")?.variant("HomeserverKind", kinds) ?? "synapse"
  const secret = readSecretSource(cursor, "secret")
  if (!secret) throw cursor.refusal("Missing `secret` or `secret_file`")
  return { kind, homeserver, endpoint, secret }
}
