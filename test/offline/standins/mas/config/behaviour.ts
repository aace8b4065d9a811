import type { Cursor } from "./cursor.ts"

/** The sections that say how the server behaves, as far as the stand-in heeds them. */
export interface BehaviourConfig {
  readonly account: AccountConfig
  readonly policy: PolicyConfig
  /** Seconds. */
  readonly accessTokenTtl: number
  /** Seconds. */
  readonly compatTokenTtl: number
  readonly deviceCodeGrantEnabled: boolean
  /** Terms of service, which MAS wants where Synapse had `user_consent`. */
  readonly termsUri: string | undefined
  readonly captchaService: string | undefined
  readonly rateLimits: RateLimitsConfig
}

export interface AccountConfig {
  readonly emailChangeAllowed: boolean
  readonly displaynameChangeAllowed: boolean
  readonly passwordRegistrationEnabled: boolean
  readonly passwordChangeAllowed: boolean
  readonly passwordRecoveryEnabled: boolean
  readonly accountDeactivationAllowed: boolean
  readonly loginWithEmailAllowed: boolean
}

/** What `policy.data` allows beyond the ordinary. */
export interface PolicyConfig {
  /** Client ids that may have `urn:mas:admin` by client credentials. */
  readonly adminClients: readonly string[]
  /** Localparts that may ask for `urn:mas:admin`. */
  readonly adminUsers: readonly string[]
}

/** Tokens in the bucket, and how many come back a second. */
export interface RateLimit {
  readonly burst: number
  readonly perSecond: number
}

export interface RateLimitsConfig {
  readonly loginPerIp: RateLimit
  readonly loginPerAccount: RateLimit
}

const limit = "RateLimiterConfiguration"

export function readBehaviour(root: Cursor): BehaviourConfig {
  const experimental = root.section("experimental", "ExperimentalConfig")
  const login = root.section("rate_limiting", "RateLimitingConfig").section("login", "LoginRateLimitingConfig")
  return {
    account: readAccount(root.section("account", "AccountConfig")),
    captchaService: root.section("captcha", "CaptchaConfig").at("service")?.string(),
    accessTokenTtl: experimental.given("access_token_ttl")?.integer("i64") ?? 300,
    compatTokenTtl: experimental.given("compat_token_ttl")?.integer("i64") ?? 300,
    deviceCodeGrantEnabled: root.section("oauth", "OAuthConfig").given("device_code_grant_enabled")?.boolean() ?? true,
    policy: readPolicy(root.section("policy", "PolicyConfig").at("data")),
    rateLimits: {
      loginPerIp: readLimit(login.section("per_ip", limit), { burst: 3, perSecond: 3 / 60 }),
      loginPerAccount: readLimit(login.section("per_account", limit), { burst: 1800, perSecond: 0.5 }),
    },
    termsUri: root.section("branding", "BrandingConfig").at("tos_uri")?.url(),
  }
}

function readAccount(cursor: Cursor): AccountConfig {
  const flag = (key: string, byDefault: boolean) => cursor.given(key)?.boolean() ?? byDefault
  return {
    emailChangeAllowed: flag("email_change_allowed", true),
    displaynameChangeAllowed: flag("displayname_change_allowed", true),
    passwordRegistrationEnabled: flag("password_registration_enabled", false),
    passwordChangeAllowed: flag("password_change_allowed", true),
    passwordRecoveryEnabled: flag("password_recovery_enabled", false),
    accountDeactivationAllowed: flag("account_deactivation_allowed", true),
    loginWithEmailAllowed: flag("login_with_email_allowed", false),
  }
}

/** `policy.data` is free-form to MAS itself: what is not a list of strings is left to the policy, so here to nobody. */
function readPolicy(data: Cursor | undefined): PolicyConfig {
  return {
    adminClients: strings(data?.at("admin_clients")?.plain()),
    adminUsers: strings(data?.at("admin_users")?.plain()),
  }
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
}

function readLimit(cursor: Cursor, byDefault: RateLimit): RateLimit {
  const burst = cursor.given("burst")?.integer("a nonzero u32") ?? byDefault.burst
  const perSecond = cursor.given("per_second")?.number() ?? byDefault.perSecond
  if (perSecond > 0 && perSecond < 1e9) return { burst, perSecond }
  throw cursor.refusal("`per_second` must be a number that is more than zero and less than 1_000_000_000 (1e9)")
}
