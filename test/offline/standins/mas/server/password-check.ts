import type { ClientBase } from "pg"
import type { LoadedScheme } from "../config/passwords.ts"
import { hashPassword, verifyPassword } from "../passwords.ts"
import { newUuid } from "../ulid.ts"
import { activePassword } from "./users.ts"

/**
 * Whether it is the user's password. A right one that was hashed by an older scheme is hashed anew by the newest,
 * beside the row that was: so people move to argon2id as they log in.
 */
export async function checkPassword(
  rows: ClientBase,
  schemes: readonly LoadedScheme[],
  { userId, password }: { readonly userId: string; readonly password: string },
): Promise<boolean> {
  const stored = await activePassword(rows, userId)
  if (!stored) return false
  const scheme = schemes.find(({ version }) => version === stored.version)
  if (!scheme) throw new Error(`hashing scheme ${stored.version} not found`)
  if (!(await verifyPassword(scheme, password, stored.hash))) return false
  const newest = schemes[0]
  if (newest && newest.version !== stored.version) {
    await rows.query(
      `insert into user_passwords
         (user_password_id, user_id, hashed_password, version, upgraded_from_id, created_at)
       values ($1, $2, $3, $4, $5, now())`,
      [newUuid(), userId, await hashPassword(newest, password), newest.version, stored.id],
    )
  }
  return true
}
