/** What `syn2mas check` says, word for word (seen with MAS 1.22): programs and people look for these sentences. */
export const mentions = {
  noScheme: "MAS config is missing a password hashing scheme with version '1'",
  notBcrypt:
    "Password scheme version '1' in the MAS config must use the Bcrypt algorithm, so that Synapse passwords can be imported and will be compatible.",
  pepper:
    "Password scheme version '1' in the MAS config must have the same secret as the `pepper` value from Synapse, so that Synapse passwords can be imported and will be compatible.",
  guestsEnabled:
    "Guest support is enabled in the Synapse configuration. Guests aren't supported by MAS, but if you don't have any then you could disable the option. See https://github.com/element-hq/matrix-authentication-service/issues/1445",
  threepidChanges: "Synapse config has `enable_3pid_changes` explicitly enabled, which must be disabled or removed.",
  existingSession: "Synapse config has `login_via_existing_session.enabled` set to true, which must be disabled.",
  registration:
    "Synapse config has registration enabled. This must be disabled after migration before bringing Synapse back online.",
  userConsent: "Synapse config has `user_consent` enabled. This should be disabled after migration.",
  terms:
    "Synapse config has `user_consent` enabled but MAS has not been configured with terms of service. You may wish to set up a `tos_uri` in your MAS branding configuration to replace the user consent.",
  captcha:
    "Synapse config has a registration CAPTCHA enabled, but no CAPTCHA has been configured in MAS. You may wish to manually configure this.",
  externalAuth: (system: string) =>
    `Synapse config contains ${system} auth configuration which will need to be manually mapped as an upstream OAuth 2.0 provider during migration.`,
  serverName: ({ mas, synapse }: { mas: string; synapse: string }) =>
    `MAS configuration has the wrong \`matrix.homeserver\` set (${JSON.stringify(mas)}), it should match Synapse's \`server_name\` (${JSON.stringify(synapse)})`,
  guests: (guests: number) =>
    `Synapse database contains ${guests} guests which will be migrated are not supported by MAS. See https://github.com/element-hq/matrix-authentication-service/issues/1445`,
  phones: (phones: number) =>
    `Synapse database contains ${phones} non-email 3PIDs (probably phone numbers), which will be migrated but are not supported by MAS.`,
  delegated: (users: string) =>
    `Synapse database has ${users} mapping entries from a previously-configured MAS instance. If this is from a previous migration attempt, run the following SQL query against the Synapse database: \`DELETE FROM user_external_ids WHERE auth_provider = 'oauth-delegated';\` and then run the migration again.`,
  unknownProvider: (provider: string, users: string) =>
    `Synapse database contains ${users} users associated to the OpenID Connect or OAuth2 provider '${provider}' but the Synapse configuration does not contain this provider.`,
  unmappedProvider: ({ provider, issuer, users }: { provider: string; issuer: string; users: string }) =>
    `Synapse config contains an OpenID Connect or OAuth2 provider '${provider}' (issuer: ${JSON.stringify(issuer)}) used by ${users} users which must also be configured in the MAS configuration as an upstream provider.`,
} as const
