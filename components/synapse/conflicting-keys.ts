import { at, type Homeserver, isDelegated, isOn, isSection } from "./homeserver.ts"
import { knowsBlock, type SynapseVersion } from "./versions.ts"

/** What becomes of a setting that a delegated Synapse does not start with. */
export type Remedy = { readonly value: boolean } | "absent"

/** A setting of homeserver.yaml that stops Synapse from starting once auth is delegated. */
export interface ConflictingKey {
  /** Path of the key, as the documents engine writes paths. */
  readonly path: string
  /** Whether it stands there in a way that stops the start. */
  readonly stops: (homeserver: Homeserver) => boolean
  /** What Synapse says then. */
  readonly says: string
  /** What the key gets while delegated. What stood there before is kept, and comes back in legacy. */
  readonly remedy: Remedy
  /**
   * `always`: MAS does the same by itself, so we take the key over unasked. `when-named`: a way to log in or a policy
   * goes away unless MAS was told to do it, so the operator names the key in `synapse.takeOver` first.
   */
  readonly takeOver: "always" | "when-named"
  /** What the operator loses, or has to tell MAS, before the key may go. */
  readonly mind: string
}

const delegated = "when OAuth delegation is enabled"
const sso = `SSO cannot be enabled ${delegated}`
const providers = `Password auth providers cannot be enabled ${delegated}`
const inMas = (how: string) => `set ${how} in MAS's config.yaml`

/**
 * All of them. Sources: Synapse's `config/mas.py`, `check_config_conflicts`, the same from 1.136.0 to 1.157.1; each seen
 * with four to seven releases from 1.136.0 to 1.163.2 but for `ldap_config`, which is read from source. What counts as
 * enabled is read from the module of each setting.
 */
export const conflictingKeys: readonly ConflictingKey[] = [
  {
    path: "password_config.enabled",
    // `only_for_reauth` stops it, too. Absent is fine: the default is false when delegated.
    stops: (homeserver) => isTruthy(at(homeserver, "password_config", "enabled")),
    says: `Password auth cannot be enabled ${delegated}`,
    remedy: { value: false },
    takeOver: "always",
    mind: "MAS checks the same passwords",
  },
  {
    path: "enable_registration",
    // The old name of the setting, where it stands as well, has the last word.
    stops: (homeserver) => isOn(homeserver.enable_registration) && !("disable_registration" in homeserver),
    says: `Registration cannot be enabled ${delegated}`,
    remedy: { value: false },
    takeOver: "when-named",
    mind: `to let people register with MAS, ${inMas("account.password_registration_enabled")}`,
  },
  {
    path: "disable_registration",
    stops: (homeserver) => isOff(homeserver.disable_registration),
    says: `Registration cannot be enabled ${delegated}`,
    remedy: { value: true },
    takeOver: "when-named",
    mind: `to let people register with MAS, ${inMas("account.password_registration_enabled")}`,
  },
  {
    path: "user_consent",
    stops: (homeserver) => isSection(homeserver.user_consent),
    says: `User consent cannot be enabled ${delegated}`,
    remedy: "absent",
    takeOver: "when-named",
    mind: `nobody is asked for consent any more; ${inMas("branding.tos_uri")}`,
  },
  {
    path: "oidc_providers",
    stops: (homeserver) => hasEntries(homeserver.oidc_providers),
    says: sso,
    remedy: "absent",
    takeOver: "when-named",
    mind: `people log in by these providers: ${inMas("upstream_oauth2.providers, with synapse_idp_id,")}`,
  },
  {
    path: "oidc_config.enabled",
    stops: (homeserver) => isTruthy(at(homeserver, "oidc_config", "enabled")),
    says: sso,
    remedy: { value: false },
    takeOver: "when-named",
    mind: `people log in by this provider: ${inMas("upstream_oauth2.providers, with synapse_idp_id: oidc,")}`,
  },
  {
    path: "saml2_config.enabled",
    stops: (homeserver) => isEnabledByDefault(homeserver.saml2_config) && hasSamlDetails(homeserver),
    says: sso,
    remedy: { value: false },
    takeOver: "when-named",
    mind: "MAS has no SAML: whoever logs in by it needs another way first",
  },
  {
    path: "cas_config.enabled",
    stops: (homeserver) => isEnabledByDefault(homeserver.cas_config),
    says: sso,
    remedy: { value: false },
    takeOver: "when-named",
    mind: "MAS has no CAS: whoever logs in by it needs another way first",
  },
  {
    path: "jwt_config.enabled",
    stops: (homeserver) => isTruthy(at(homeserver, "jwt_config", "enabled")),
    says: sso,
    remedy: { value: false },
    takeOver: "when-named",
    mind: "MAS has no log-in by JWT: whoever uses it needs another way first",
  },
  {
    path: "password_providers",
    stops: (homeserver) => hasEntries(homeserver.password_providers),
    says: providers,
    remedy: "absent",
    takeOver: "when-named",
    mind: "MAS cannot ask these providers: whoever logs in by them needs another way first",
  },
  {
    path: "ldap_config.enabled",
    stops: (homeserver) => isTruthy(at(homeserver, "ldap_config", "enabled")),
    says: providers,
    remedy: { value: false },
    takeOver: "when-named",
    mind: "MAS does not ask LDAP: whoever logs in by it needs another way first",
  },
  {
    path: "enable_registration_captcha",
    stops: (homeserver) => isTruthy(homeserver.enable_registration_captcha),
    says: `CAPTCHA cannot be enabled ${delegated}`,
    remedy: { value: false },
    takeOver: "when-named",
    mind: `where people may register with MAS, ${inMas("captcha")}`,
  },
  {
    path: "login_via_existing_session.enabled",
    stops: (homeserver) => isTruthy(at(homeserver, "login_via_existing_session", "enabled")),
    says: `Login via existing session cannot be enabled ${delegated}`,
    remedy: { value: false },
    takeOver: "always",
    mind: "MAS links new devices by its own device code",
  },
  ...["refresh_token_lifetime", "nonrefreshable_access_token_lifetime", "session_lifetime"].map(lifetime),
  {
    path: "enable_3pid_changes",
    stops: (homeserver) => isTruthy(homeserver.enable_3pid_changes),
    says: `enable_3pid_changes cannot be enabled ${delegated}`,
    remedy: { value: false },
    takeOver: "always",
    mind: "MAS's account page changes e-mail addresses",
  },
]

/** What `synapse.takeOver` may name: the top-level key, as in `oidc_providers`. */
export const takeOverKeys: readonly string[] = conflictingKeys
  .filter(({ takeOver }) => takeOver === "when-named")
  .map(nameOf)

/** How `synapse.takeOver` calls a conflicting key. */
export function nameOf({ path }: Pick<ConflictingKey, "path">): string {
  return path.split(".")[0] ?? path
}

/** The settings that stop this Synapse from starting because it is delegated; none while it is not. */
export function findConflicts(homeserver: Homeserver, version: SynapseVersion): readonly ConflictingKey[] {
  if (!knowsBlock(version) || !isDelegated(homeserver)) return []
  return conflictingKeys.filter(({ stops }) => stops(homeserver))
}

function lifetime(path: string): ConflictingKey {
  return {
    path,
    stops: (homeserver) => (homeserver[path] ?? 0) !== 0,
    says: `${path} cannot be set ${delegated}`,
    remedy: "absent",
    takeOver: "when-named",
    mind: "how long a session lasts is then MAS's to say (experimental.access_token_ttl, inactive_session_expiration)",
  }
}

/** What Synapse's `strtobool(str(value))` takes for false. */
function isOff(value: unknown): boolean {
  return value !== undefined && /^(n|no|f|false|off|0)$/i.test(String(value))
}

/** What Python takes for true: `"false"` and `1` are, an empty list or section is not. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return isSection(value) ? Object.keys(value).length > 0 : Boolean(value)
}

function hasEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}

/** `saml2_config` and `cas_config` are on by being there, unless they say otherwise. */
function isEnabledByDefault(section: unknown): boolean {
  return (
    isSection(section) && Object.keys(section).length > 0 && isTruthy("enabled" in section ? section.enabled : true)
  )
}

function hasSamlDetails(homeserver: Homeserver): boolean {
  return isTruthy(at(homeserver, "saml2_config", "sp_config") || at(homeserver, "saml2_config", "config_path"))
}
