import { Failure } from "../failure.ts"

/** The localpart of `@localpart:server`, split at the first colon. @throws Failure for an id of another server. */
export function localpartOf(userId: string, serverName: string): string {
  const colon = userId.indexOf(":")
  const found = userId.slice(colon + 1)
  if (!userId.startsWith("@")) throw refusal(userId, "user ID does not start with `@` sigil")
  if (colon < 0) throw refusal(userId, "user ID does not have a `:` separator")
  if (found !== serverName) {
    const names = `expected ${JSON.stringify(serverName)}, got ${JSON.stringify(found)}`
    throw refusal(userId, `wrong server name: ${names}`)
  }
  return userId.slice(1, colon)
}

function refusal(userId: string, why: string): Failure {
  return new Failure(`failed to extract localpart of FullUserId(${JSON.stringify(userId)}): ${why}`, [why])
}
