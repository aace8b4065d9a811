import type { Client } from "pg"
import type { Cursor } from "../config/cursor.ts"
import { loadSchemes } from "../config/passwords.ts"
import { passwordsConfig } from "../config.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { hashPassword } from "../passwords.ts"
import { newUuid } from "../ulid.ts"
import { isStrongEnough } from "./password-strength.ts"
import { inDatabase, manageTarget, named, requireUser } from "./person.ts"

/** A new row beside those there are: the newest counts. */
export async function setPassword(
  root: Cursor,
  { username, password, ignoreComplexity }: { username: string; password: string; ignoreComplexity: boolean },
): Promise<boolean> {
  const passwords = passwordsConfig(root)
  return inDatabase(root, async (client) => {
    const user = await requireUser(client, username)
    if (!ignoreComplexity && !isStrongEnough(password, passwords.minimumComplexity)) {
      log("ERROR", `${manageTarget}:254`, "That password is too weak.")
      return false
    }
    await addPassword(client, root, { userId: user.id, password })
    log("INFO", `${manageTarget}:266`, "Password changed", named(user))
    return true
  })
}

/** Hashed by the scheme of the highest version. */
export async function addPassword(
  client: Client,
  root: Cursor,
  { userId, password }: { userId: string; password: string },
): Promise<void> {
  const [scheme] = await loadSchemes(passwordsConfig(root))
  if (!scheme) throw new Failure("Requires at least one password scheme in the config")
  await client.query(
    `insert into user_passwords (user_password_id, user_id, hashed_password, version, created_at)
     values ($1, $2, $3, $4, now())`,
    [newUuid(), userId, await hashPassword(scheme, password), scheme.version],
  )
}
