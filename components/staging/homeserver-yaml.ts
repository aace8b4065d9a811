import { type Addresses, databases, hostNames, innerPorts, mountPoints, upstream } from "./layout.ts"

export interface HomeserverSecrets {
  readonly databasePassword: string
  readonly registrationSharedSecret: string
  readonly macaroonSecretKey: string
  readonly formSecret: string
  readonly pepper: string
  /** Of Synapse, at the provider that people may log in with. */
  readonly upstreamClientSecret: string
}

/**
 * A homeserver.yaml as a small server's operator has it: begun by `generate`, grown by hand over years, with their
 * comments, their order and their mixture of quotes. Limits are raised for a lab that registers and logs in a crowd.
 */
export function homeserverYaml({ serverName, homeserverUrl }: Addresses, secrets: HomeserverSecrets): string {
  return [
    server(serverName, homeserverUrl),
    database(secrets.databasePassword),
    storage(serverName),
    registration(secrets),
    limits,
    federation,
    passwords(secrets.pepper),
    logIn(secrets.upstreamClientSecret),
    clients,
  ].join("\n")
}

const server = (serverName: string, homeserverUrl: string) => `# Configuration file for Synapse.
#
# This is a YAML file: see [1] for a quick introduction. Note in particular
# that *indentation is important*: all the elements of a list or dictionary
# should have the same indentation.
#
# [1] https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html
#
# For more information on how to configure Synapse, including a complete accounting of
# each option, go to docs/usage/configuration/config_documentation.md or
# https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html
server_name: "${serverName}"
public_baseurl: ${homeserverUrl}/
pid_file: ${mountPoints.synapse}/homeserver.pid

# Served by nginx, not by Synapse.
serve_server_wellknown: false

listeners:
  # nginx is in front of this one
  - port: ${innerPorts.synapse}
    tls: false
    type: http
    x_forwarded: true
    bind_addresses: ['0.0.0.0']

    resources:
      - names: [client, federation]
        compress: false
`

const database = (password: string) => `## Database ##

# moved from sqlite in 2021, do not go back
database:
  name: psycopg2
  txn_limit: 10000
  args:
    user: ${databases.synapse}
    password: "${password}"
    database: ${databases.synapse}
    host: ${hostNames.synapseDatabase}
    port: 5432
    cp_min: 5
    cp_max: 10

caches:
  global_factor: 0.5
`

const storage = (serverName: string) => `## Storage and logs ##

log_config: "${mountPoints.synapse}/log.config"
media_store_path: ${mountPoints.synapse}/media_store
max_upload_size: 50M
url_preview_enabled: false   # was abused once
signing_key_path: "${mountPoints.synapse}/${serverName}.signing.key"
`

const registration = (secrets: HomeserverSecrets) => `## Registration ##

# people ask me for an account, I make it with register_new_matrix_user
enable_registration: false
# five minutes were too few for phones that lose the network
refreshable_access_token_lifetime: 24h
registration_shared_secret: "${secrets.registrationSharedSecret}"
allow_guest_access: false

report_stats: false
macaroon_secret_key: "${secrets.macaroonSecretKey}"
form_secret: "${secrets.formSecret}"

app_service_config_files:
  - ${mountPoints.synapse}/appservices/bridge.yaml
`

const limits = `## Ratelimiting ##

rc_message:
  per_second: 100
  burst_count: 1000
rc_registration:
  per_second: 100
  burst_count: 1000
rc_login:
  address: {per_second: 100, burst_count: 1000}
  account: {per_second: 100, burst_count: 1000}
  failed_attempts: {per_second: 100, burst_count: 1000}
rc_joins:
  local: {per_second: 100, burst_count: 1000}
  remote: {per_second: 100, burst_count: 1000}
rc_invites:
  per_room: {per_second: 100, burst_count: 1000}
  per_user: {per_second: 100, burst_count: 1000}
  per_issuer: {per_second: 100, burst_count: 1000}
`

const federation = `## Federation ##

# staging talks to nobody
federation_domain_whitelist: []
trusted_key_servers: []
suppress_key_server_warning: true
`

const passwords = (pepper: string) => `## Passwords ##

password_config:
  enabled: true
  # Do not change this after the first user has registered: nobody could log in any more.
  pepper: "${pepper}"
  policy:
    enabled: true
    minimum_length: 8

bcrypt_rounds: 10
`

/** Somebody once logged in with this: a way in that MAS has to know before Synapse may forget it. */
const logIn = (secret: string) => `## Single sign-on ##

oidc_providers:
  # the dex at work, only kim ever used it
  - idp_id: ${upstream.idpId}
    idp_name: "Dex"
    discover: false
    issuer: "${upstream.issuer}"
    client_id: "${upstream.clientId}"
    client_secret: "${secret}"
    authorization_endpoint: "${upstream.issuer}auth"
    token_endpoint: "${upstream.issuer}token"
    userinfo_endpoint: "${upstream.issuer}userinfo"
    # else it looks for the keys when it starts, and waits for the dex to be up
    user_profile_method: userinfo_endpoint
    scopes: ["openid", "profile"]
    user_mapping_provider:
      config:
        localpart_template: "{{ user.preferred_username }}"
`

const clients = `## Clients ##

presence:
  enabled: true

user_directory:
  enabled: true
  search_all_users: true

encryption_enabled_by_default_for_room_type: invite

# for Element Call
experimental_features:
  # room summaries
  msc3266_enabled: true
  # state_after in sync
  msc4222_enabled: true
  # sticky events
  msc4354_enabled: true

max_event_delay_duration: 24h


# vim:ft=yaml
`
