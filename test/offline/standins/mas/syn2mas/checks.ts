import type { Client } from "pg"
import { readBehaviour } from "../config/behaviour.ts"
import type { Cursor } from "../config/cursor.ts"
import { loadSchemes } from "../config/passwords.ts"
import { readProviders } from "../config/providers.ts"
import { matrixConfig, passwordsConfig } from "../config.ts"
import { databaseCauses } from "../database.ts"
import { Failure, inContext } from "../failure.ts"
import { mentions } from "./mentions.ts"
import type { SynapseConfig } from "./synapse-config.ts"

/** What keeps from migrating, and what only wants to be considered. Sentences as MAS prints them. */
export interface Findings {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Passwords that come from Synapse are stored under this version. */
export const migratedPasswordVersion = 1

export function joinFindings(all: readonly Findings[]): Findings {
  return { errors: all.flatMap(({ errors }) => errors), warnings: all.flatMap(({ warnings }) => warnings) }
}

export function checkSynapseConfig(synapse: SynapseConfig): Findings {
  const passwordProvider = synapse.passwords.enabled && !synapse.passwords.localdb
  return {
    warnings: present([
      synapse.enableRegistration && mentions.registration,
      synapse.hasUserConsent && mentions.userConsent,
      synapse.cas && mentions.externalAuth("CAS"),
      synapse.saml2 && mentions.externalAuth("SAML2"),
      synapse.jwt && mentions.externalAuth("JWT"),
      passwordProvider && mentions.externalAuth("non-standard password provider plugin"),
    ]),
    errors: present([
      synapse.enable3pidChanges && mentions.threepidChanges,
      synapse.loginViaExistingSession && mentions.existingSession,
    ]),
  }
}

export async function checkAgainstMas(synapse: SynapseConfig, root: Cursor): Promise<Findings> {
  const matrix = matrixConfig(root)
  const { termsUri, captchaService } = readBehaviour(root)
  const names = { mas: matrix.homeserver, synapse: synapse.serverName }
  return {
    errors: present([
      ...(await passwordMistakes(synapse, root)),
      synapse.allowGuestAccess && mentions.guestsEnabled,
      names.mas !== names.synapse && mentions.serverName(names),
    ]),
    warnings: present([
      synapse.registrationCaptcha && captchaService === undefined && mentions.captcha,
      synapse.hasUserConsent && termsUri === undefined && mentions.terms,
    ]),
  }
}

/** No pepper and an empty one are not the same. Whether passwords are normalised is not looked at. */
async function passwordMistakes(synapse: SynapseConfig, root: Cursor): Promise<readonly string[]> {
  const schemes = await loadSchemes(passwordsConfig(root)).catch((cause: unknown) => {
    throw inContext("failed to load MAS password config", cause)
  })
  const scheme = schemes.find(({ version }) => version === migratedPasswordVersion)
  if (!scheme) return [mentions.noScheme]
  const hasPepper = scheme.pepper?.toString() === synapse.passwords.pepper
  return present([scheme.algorithm !== "bcrypt" && mentions.notBcrypt, !hasPepper && mentions.pepper])
}

interface ProviderUse {
  readonly provider: string
  readonly users: string
}

/** Rows that MAS cannot take, or takes with a word about it. Orphans and strange names are not looked for. */
export async function checkSynapseDatabase(
  client: Client,
  { synapse, root, ignoreMissing }: { synapse: SynapseConfig; root: Cursor; ignoreMissing: boolean },
): Promise<Findings> {
  const guests = await count(client, "users where is_guest <> 0")
  const phones = await count(client, "user_threepids where medium <> 'email'")
  const grouped = "select auth_provider as provider, count(*) as users from user_external_ids group by 1 order by 1"
  const uses = await ask<ProviderUse>(client, grouped)
  const mapped = new Set(uses.length > 0 ? readProviders(root).map(({ synapseIdpId }) => synapseIdpId) : [])
  const database: Findings = {
    warnings: present([guests > 0 && mentions.guests(guests), phones > 0 && mentions.phones(phones)]),
    errors: [],
  }
  return joinFindings([database, ...uses.map((use) => checkProvider(use, { synapse, mapped, ignoreMissing }))])
}

interface KnownProviders {
  readonly synapse: SynapseConfig
  readonly mapped: ReadonlySet<string | undefined>
  readonly ignoreMissing: boolean
}

function checkProvider({ provider, users }: ProviderUse, known: KnownProviders): Findings {
  if (provider === "oauth-delegated") return { errors: [mentions.delegated(users)], warnings: [] }
  if (!known.synapse.oidcProviders.has(provider)) {
    const said = [mentions.unknownProvider(provider, users)]
    return known.ignoreMissing ? { errors: [], warnings: said } : { errors: said, warnings: [] }
  }
  if (known.mapped.has(provider)) return { errors: [], warnings: [] }
  const issuer = known.synapse.oidcProviders.get(provider) ?? "<unspecified>"
  return { errors: [mentions.unmappedProvider({ provider, issuer, users })], warnings: [] }
}

async function count(client: Client, rows: string): Promise<number> {
  const [found] = await ask<{ count: string }>(client, `select count(*) as count from ${rows}`)
  return Number(found?.count ?? 0)
}

async function ask<Row extends object>(client: Client, sql: string): Promise<readonly Row[]> {
  try {
    return (await client.query(sql)).rows as readonly Row[]
  } catch (cause) {
    const causes = databaseCauses(cause)
    throw new Failure(`query failed: ${causes[0]}`, causes)
  }
}

function present(sentences: readonly (string | false)[]): readonly string[] {
  return sentences.filter((sentence) => sentence !== false)
}
