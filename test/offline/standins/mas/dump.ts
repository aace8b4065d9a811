import { stringify } from "yaml"
import type { Cursor } from "./config/cursor.ts"
import { rootConfig } from "./config.ts"

/** The order in which MAS prints its sections. */
const sections = [
  "clients",
  "http",
  "database",
  "telemetry",
  "templates",
  "email",
  "secrets",
  "passwords",
  "matrix",
  "policy",
  "rate_limiting",
  "upstream_oauth2",
  "branding",
  "captcha",
  "account",
  "oauth",
  "experimental",
]

/**
 * The configuration as MAS understood it, in YAML: defaults of `http`, `database`, `passwords`, `matrix` filled in, URLs
 * and ids in their final form, unknown sections gone. **Secrets that stand in the configuration are in it in clear.**
 */
export function dumpConfig(root: Cursor): string {
  const config = rootConfig(root)
  const written = (root.plain() ?? {}) as Record<string, Record<string, unknown>>
  const whole: Record<string, unknown> = {
    ...written,
    clients: config.clients.length > 0 ? dumpClients(config, written) : undefined,
    http: { ...written.http, public_base: config.http.publicBase, issuer: config.http.issuer },
    database: databaseDefaults(written.database),
    email: written.email ?? { from: '"Authentication Service" <root@localhost>', transport: "blackhole" },
    passwords: {
      enabled: config.passwords.enabled,
      schemes: written.passwords?.schemes ?? [{ version: 1, algorithm: "argon2id" }],
      minimum_complexity: config.passwords.minimumComplexity,
    },
    matrix: {
      ...written.matrix,
      kind: config.matrix.kind,
      homeserver: config.matrix.homeserver,
      endpoint: config.matrix.endpoint,
    },
  }
  return stringify(
    Object.fromEntries(sections.filter((key) => whole[key] !== undefined).map((key) => [key, whole[key]])),
  )
}

function dumpClients({ clients }: ReturnType<typeof rootConfig>, written: Record<string, unknown>): unknown {
  const entries = written.clients as readonly Record<string, unknown>[]
  return clients.map((client, index) => ({
    ...entries[index],
    client_id: client.clientId,
    ...(client.redirectUris.length > 0 ? { redirect_uris: client.redirectUris } : {}),
  }))
}

function databaseDefaults(written: Record<string, unknown> | undefined): Record<string, unknown> {
  const uri = written && Object.keys(written).length > 0 ? {} : { uri: "postgresql://" }
  const timing = { max_connections: 10, min_connections: 0, connect_timeout: 30, idle_timeout: 600, max_lifetime: 1800 }
  return { ...uri, ...timing, ...written }
}
