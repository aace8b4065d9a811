import type { ClientConfig } from "pg"
import { Cursor } from "../config/cursor.ts"
import { loadTree } from "../config/tree.ts"
import { Failure, inContext } from "../failure.ts"

/** What syn2mas wants to know of homeserver.yaml. */
export interface SynapseConfig {
  readonly serverName: string
  readonly database: SynapseDatabase
  readonly passwords: { readonly enabled: boolean; readonly localdb: boolean; readonly pepper: string | undefined }
  readonly allowGuestAccess: boolean
  readonly enableRegistration: boolean
  readonly registrationCaptcha: boolean
  readonly enable3pidChanges: boolean
  readonly hasUserConsent: boolean
  readonly loginViaExistingSession: boolean
  readonly cas: boolean
  readonly saml2: boolean
  readonly jwt: boolean
  /** Issuer by the name that `user_external_ids.auth_provider` has for the provider. */
  readonly oidcProviders: ReadonlyMap<string, string | undefined>
}

interface SynapseDatabase {
  readonly driver: string
  readonly host: string | undefined
  readonly port: number | undefined
  readonly user: string | undefined
  readonly password: string | undefined
  readonly dbname: string | undefined
  readonly database: string | undefined
}

/**
 * Reads the files merged deeply (Synapse itself replaces top-level keys). A file that does not exist is an empty one, so
 * it shows as a missing field. @throws Failure in MAS's words.
 */
export function loadSynapseConfig(files: readonly string[]): SynapseConfig {
  try {
    return readConfig(new Cursor(loadTree(files, "replace")))
  } catch (cause) {
    throw inContext("Failed to load Synapse configuration", cause)
  }
}

function readConfig(root: Cursor): SynapseConfig {
  const passwords = root.section("password_config", "PasswordSection")
  refuseWhatNobodyNeeds(root)
  const enabled = (key: string) => root.section(key, "EnableableSection").given("enabled")?.boolean() ?? false
  return {
    database: readDatabase(root.required("database").struct("DatabaseSection")),
    allowGuestAccess: root.given("allow_guest_access")?.boolean() ?? false,
    cas: enabled("cas_config"),
    enable3pidChanges: root.at("enable_3pid_changes")?.boolean() ?? false,
    enableRegistration: root.given("enable_registration")?.boolean() ?? false,
    registrationCaptcha: root.given("enable_registration_captcha")?.boolean() ?? false,
    jwt: enabled("jwt_config"),
    loginViaExistingSession: enabled("login_via_existing_session"),
    oidcProviders: readProviders(root),
    passwords: {
      enabled: passwords.given("enabled")?.boolean() ?? true,
      localdb: passwords.given("localdb_enabled")?.boolean() ?? true,
      pepper: passwords.at("pepper")?.string(),
    },
    saml2: enabled("saml2_config"),
    serverName: root.required("server_name").string(),
    hasUserConsent: root.at("user_consent")?.struct("UserConsentSection") !== undefined,
  }
}

/** Keys that syn2mas reads for `config generate` only, and refuses all the same when it cannot read them. */
function refuseWhatNobodyNeeds(root: Cursor): void {
  root.at("bcrypt_rounds")?.integer("u32")
  root.at("public_baseurl")?.url()
  root.given("registration_requires_token")?.boolean()
}

function readDatabase(cursor: Cursor): SynapseDatabase {
  const args = cursor.section("args", "DatabaseArgsSuboption")
  return {
    database: args.at("database")?.string(),
    dbname: args.at("dbname")?.string(),
    host: args.at("host")?.string(),
    password: args.at("password")?.string(),
    port: args.at("port")?.integer("u16"),
    user: args.at("user")?.string(),
    driver: cursor.required("name").string(),
  }
}

/** Synapse puts `oidc-` before the id of a provider in `oidc_providers`; the one of old is plain `oidc`. */
function readProviders(root: Cursor): ReadonlyMap<string, string | undefined> {
  const providers = new Map<string, string | undefined>()
  const old = root.at("oidc_config")?.struct("OidcProvider")
  if (old?.at("issuer") && old.at("client_id")) {
    providers.set(old.at("idp_id")?.string() ?? "oidc", old.at("issuer")?.string())
  }
  for (const item of root.given("oidc_providers")?.items() ?? []) {
    const provider = item.struct("OidcProvider")
    const id = provider.at("idp_id")?.string() ?? "oidc"
    providers.set(id === "oidc" ? id : `oidc-${id}`, provider.at("issuer")?.string())
  }
  return providers
}

/** How Synapse's database is reached; what the file leaves out comes from libpq's environment. TLS is not looked at. */
export function synapseConnection({ database }: SynapseConfig): ClientConfig {
  const { driver, user, password, host, port } = database
  const context = "Synapse database configuration is invalid, cannot migrate."
  if (driver !== "psycopg2") throw new Failure(context, [`syn2mas does not support the ${driver} database driver`])
  if (database.database !== undefined && database.dbname !== undefined) {
    const twice =
      "Only one of `database` and `dbname` may be specified in the Synapse database configuration, not both."
    throw new Failure(context, [twice])
  }
  const options = { user, password, host, port, database: database.dbname ?? database.database }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
