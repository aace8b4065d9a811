import { secretsOf } from "../../../walk/lab-secrets.ts"
import type { Server } from "../lab/server.ts"

/** All that has been a secret of the lab so far, since a document may be unreadable when it is asked. */
const known = new WeakMap<Server, Set<string>>()

/** Which secrets stand in what was told, by their first characters. In HTML and Markdown some characters stand as numbers. */
export async function secretsIn(server: Server, told: string): Promise<readonly string[]> {
  const secrets = known.get(server) ?? new Set<string>()
  known.set(server, secrets)
  const { lab } = server
  for (const one of await secretsOf(lab, lab.seeded).catch(() => [])) secrets.add(one)
  for (const one of server.madeSecrets) secrets.add(one)
  if (secrets.size < 60) throw new Error(`only ${secrets.size} secrets are known: nothing was looked for`)
  const text = told + told.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
  return [...secrets]
    .filter((secret) => text.includes(secret))
    .map((secret) => `a secret is shown: ${secret.slice(0, 4)}…`)
}
