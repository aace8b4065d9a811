import { type Addresses, databases, hostNames, innerPorts, upstream } from "./layout.ts"
import type { MasKey } from "./secrets.ts"

export interface MasSecrets {
  readonly databasePassword: string
  /** 64 hexadecimal digits. */
  readonly encryption: string
  readonly keys: readonly MasKey[]
  /** At the provider that people may log in with. */
  readonly upstreamClientSecret: string
  /** Shared with Synapse, once it delegates. */
  readonly homeserver: string
}

/**
 * MAS's configuration as `mas-cli config generate` makes it (seen with MAS 1.22), with what an operator then puts in:
 * addresses, database, and here limits for a lab that logs in a crowd from one address. No clients, and passwords as
 * MAS has them by default: nothing yet of what a migration asks for.
 */
export function masConfig(addresses: Addresses, secrets: MasSecrets): string {
  return [
    http(addresses.authUrl),
    database(secrets.databasePassword),
    email,
    keys(secrets),
    matrix(addresses, secrets),
    logIn(secrets),
    rest,
  ].join("")
}

const http = (authUrl: string) => `http:
  listeners:
  - name: web
    resources:
    - name: discovery
    - name: human
    - name: oauth
    - name: compat
    - name: graphql
    - name: assets
    binds:
    - address: '[::]:${innerPorts.mas}'
    proxy_protocol: false
  - name: internal
    resources:
    - name: health
    binds:
    # not localhost, so that it can be asked from outside the container
    - address: '[::]:${innerPorts.masHealth}'
    proxy_protocol: false
  trusted_proxies:
  - 192.168.0.0/16
  - 172.16.0.0/12
  - 10.0.0.0/10
  - 127.0.0.1/8
  - fd00::/8
  - ::1/128
  public_base: ${authUrl}
  issuer: ${authUrl}
`

const database = (password: string) => `database:
  uri: postgresql://${databases.mas}:${password}@${hostNames.masDatabase}/${databases.mas}
  max_connections: 10
  min_connections: 0
  connect_timeout: 30
  idle_timeout: 600
  max_lifetime: 1800
`

const email = `email:
  from: '"Authentication Service" <root@localhost>'
  reply_to: '"Authentication Service" <root@localhost>'
  transport: blackhole
`

const keys = (secrets: MasSecrets) => `secrets:
  encryption: ${secrets.encryption}
  keys:
${secrets.keys.map(keyEntry).join("")}`

function keyEntry({ kid, pem }: MasKey): string {
  const lines = pem.trimEnd().split("\n")
  return [`  - key: |`, ...lines.map((line) => `      ${line}`), `    kid: ${kid}`, ""].join("\n")
}

const matrix = ({ serverName }: Addresses, secrets: MasSecrets) => `passwords:
  enabled: true
  schemes:
  - version: 1
    algorithm: argon2id
  minimum_complexity: 3
matrix:
  kind: synapse
  homeserver: ${serverName}
  secret: ${secrets.homeserver}
  endpoint: http://${hostNames.synapse}:${innerPorts.synapse}/
`

const logIn = ({ upstreamClientSecret }: MasSecrets) => `upstream_oauth2:
  providers:
  - id: ${upstream.masId}
    # links what Synapse's database knows of it (syn2mas)
    synapse_idp_id: oidc-${upstream.idpId}
    human_name: Dex
    issuer: ${upstream.issuer}
    client_id: ${upstream.clientId}
    client_secret: ${upstreamClientSecret}
    token_endpoint_auth_method: client_secret_basic
    scope: openid profile
    discovery_mode: disabled
    authorization_endpoint: ${upstream.issuer}auth
    token_endpoint: ${upstream.issuer}token
    jwks_uri: ${upstream.issuer}keys
`

const rest = `# staging only: everybody comes from one address
rate_limiting:
  login:
    per_ip:
      burst: 1000
      per_second: 100.0
    per_account:
      burst: 1000
      per_second: 100.0
  registration:
    burst: 1000
    per_second: 100.0
`
