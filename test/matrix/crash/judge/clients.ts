import { holdingKinds } from "../../../../components/migration/holdings.ts"
import { deviceOf, people } from "../../../lab/seed/people.ts"
import type { Session } from "../../../lab/seed/seed.ts"
import type { CrashLab } from "../lab/crash-lab.ts"
import { holdingsOf } from "../lab/open-databases.ts"

export type Authentication = "legacy" | "delegated"

/** Whose tokens no longer answer for them. */
export async function complaintsAboutTokens({ places, seeded }: CrashLab): Promise<readonly string[]> {
  const sessions = seeded.sessions.filter((session) => !isWithoutEffect(session))
  const dead: string[] = []
  for (const { accessToken, userId, deviceId } of sessions) {
    const answer = await fetch(new URL("/_matrix/client/v3/account/whoami", places.synapse.url), {
      headers: { authorization: `Bearer ${accessToken}` },
      signal: AbortSignal.timeout(20_000),
    })
    const seen = (await answer.json()) as { user_id?: string; device_id?: string }
    if (seen.user_id !== userId || seen.device_id !== deviceId) dead.push(deviceId)
  }
  return dead.length === 0 ? [] : [`tokens from before no longer work: ${dead.join(", ")}`]
}

/** A locked account's tokens never answer, and those that can be refreshed are over within minutes, here as anywhere. */
function isWithoutEffect({ userId, deviceId }: Session): boolean {
  const person = people.find(({ localpart }) => userId.startsWith(`@${localpart}:`))
  if (person === undefined || person.is === "locked") return true
  const refreshing = Array.from({ length: person.refreshing ?? 0 }, (_, nth) => deviceOf(person.localpart, nth + 1))
  return refreshing.includes(deviceId)
}

/** What is wrong at the end of the way: who serves log-ins, and whether MAS holds just what Synapse holds. */
export async function complaintsAboutTheEnd(lab: CrashLab, wanted: Authentication): Promise<readonly string[]> {
  const complaints: string[] = []
  const seen = await authenticationSeen(lab)
  if (seen !== wanted) complaints.push(`log-ins are ${seen}, wanted: ${wanted}`)
  const [synapse, mas] = [await holdingsOf(lab, "synapse"), await holdingsOf(lab, "mas")]
  if (synapse.users?.count !== 21 || synapse["access tokens"]?.count !== 41)
    complaints.push(`Synapse holds ${synapse.users?.count} users and ${synapse["access tokens"]?.count} tokens`)
  const differing = holdingKinds.filter(({ name }) => mas[name]?.digest !== synapse[name]?.digest)
  if (wanted === "delegated" && differing.length > 0)
    complaints.push(`MAS does not hold what Synapse holds: ${differing.map(({ name }) => name).join(", ")}`)
  return complaints
}

/** Whether Synapse, as it serves now, hands log-in to MAS. */
export async function isDelegated(lab: CrashLab): Promise<boolean> {
  return (await authenticationSeen(lab)) !== "legacy"
}

async function authenticationSeen({ places }: CrashLab): Promise<string> {
  const answer = await fetch(new URL("/_matrix/client/v1/auth_metadata", places.synapse.url))
  if (answer.status === 404) return "legacy"
  const { issuer } = (await answer.json()) as { issuer?: string }
  return issuer === places.mas.issuer ? "delegated" : `delegated to ${issuer}`
}
