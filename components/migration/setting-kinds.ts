import { at, type Homeserver, isSection } from "../synapse/homeserver.ts"
import { type Finding, findingOf, type PreFlightKind } from "./finding.ts"

/** What both services' configs say, and our own. */
export interface BothConfigs {
  /** homeserver.yaml as Synapse reads it. */
  readonly homeserver: Homeserver
  readonly mas: Homeserver
  /** As our config has it. */
  readonly serverName: string
}

/** A kind that shows in the settings: the places concerned. */
interface SettingKind extends PreFlightKind {
  readonly find: (configs: BothConfigs) => readonly string[]
}

const is = (isTrue: boolean, where: string) => (isTrue ? [where] : [])

/**
 * What `syn2mas check` says of the settings alone, found without running it, since it writes to MAS's database. Its
 * rules: syn2mas's `synapse_config_check` and `synapse_config_check_against_mas_config` at v1.22.0. What pulumi up
 * writes by itself (password schemes), or leaves out of syn2mas's copy, is not looked for.
 */
const kinds: readonly SettingKind[] = [
  {
    name: "server-name-differs",
    severity: "error",
    meaning: "the stack's config names another server than homeserver.yaml: MAS would know nobody",
    next: "Set `serverName` in the stack's config to homeserver.yaml's server_name.",
    find: ({ homeserver, serverName }) =>
      is(homeserver.server_name !== serverName, `${serverName} in place of ${String(homeserver.server_name)}`),
  },
  {
    name: "guests-allowed",
    severity: "error",
    meaning: "Synapse lets guests in, and MAS has none: syn2mas check refuses it",
    next: "Set it to false in homeserver.yaml, and restart Synapse.",
    find: ({ homeserver }) => is(homeserver.allow_guest_access === true, "allow_guest_access"),
  },
  {
    name: "registration-enabled",
    severity: "warning",
    meaning: "people can register with Synapse, and no longer once it is delegated",
    next: "To let them register with MAS, set account.password_registration_enabled in its config.",
    find: ({ homeserver }) => is(homeserver.enable_registration === true, "enable_registration"),
  },
  {
    name: "user-consent-enabled",
    severity: "warning",
    meaning: "Synapse asks for consent, and no longer once it is delegated",
    next: "Nothing, if nobody has to be asked.",
    find: ({ homeserver }) => is(isSection(homeserver.user_consent), "user_consent"),
  },
  {
    name: "terms-of-service-missing",
    severity: "warning",
    meaning: "people consented to terms with Synapse, and MAS has none",
    next: "Set branding.tos_uri in MAS's config.",
    find: ({ homeserver, mas }) =>
      is(isSection(homeserver.user_consent) && isUnset(at(mas, "branding", "tos_uri")), "branding.tos_uri"),
  },
  {
    name: "captcha-missing",
    severity: "warning",
    meaning: "registration had a captcha with Synapse, and has none with MAS",
    next: "Set captcha in MAS's config, if people can register there.",
    find: ({ homeserver, mas }) =>
      is(homeserver.enable_registration_captcha === true && isUnset(at(mas, "captcha", "service")), "captcha.service"),
  },
  {
    name: "external-log-in",
    severity: "warning",
    meaning: "a way to log in that MAS does not have",
    next: "See that whoever logs in by it has another way.",
    find: ({ homeserver }) => [
      ...["cas_config", "saml2_config", "jwt_config"].filter((name) => at(homeserver, name, "enabled") === true),
      ...is(
        (at(homeserver, "password_config", "enabled") ?? true) !== false &&
          at(homeserver, "password_config", "localdb_enabled") === false,
        "password_config.localdb_enabled",
      ),
    ],
  },
]

export const settingKinds: readonly PreFlightKind[] = kinds

/** What shows in the settings of both services. Pure. */
export function findInSettings(configs: BothConfigs): readonly Finding[] {
  return kinds.flatMap((kind) => findingOf(kind, kind.find(configs)))
}

/** The `auth_provider` of each OIDC provider of homeserver.yaml, as Synapse writes it to its database. */
export function providersOfSynapse(homeserver: Homeserver): readonly string[] {
  const single = homeserver.oidc_config
  const isThere = isSection(single) && !isUnset(single.issuer) && !isUnset(single.client_id)
  const old = isThere ? [String(single.idp_id ?? "oidc")] : []
  const entries = Array.isArray(homeserver.oidc_providers) ? homeserver.oidc_providers.filter(isSection) : []
  return [...old, ...entries.map(({ idp_id: id }) => (isUnset(id) || id === "oidc" ? "oidc" : `oidc-${String(id)}`))]
}

/** What the providers in MAS's config are called in Synapse. */
export function providersOfMas(mas: Homeserver): readonly string[] {
  const providers = at(mas, "upstream_oauth2", "providers")
  const entries = Array.isArray(providers) ? providers.filter(isSection) : []
  return entries.flatMap(({ synapse_idp_id: id }) => (typeof id === "string" ? [id] : []))
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null
}
