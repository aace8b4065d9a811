import { newUuid, uuidToUlid } from "../ulid.ts"
import { type Call, html, Rejection, type Reply, redirect } from "./call.ts"
import type { Route } from "./router.ts"
import type { Service } from "./service.ts"
import { randomText } from "./tokens.ts"

/** `GET /_matrix/client/{version}/login/sso/redirect`: sends a browser to MAS's pages and remembers where it is to return. */
export const ssoRedirectRoutes: readonly Route[] = ["", "/", "/:idp"].map((rest) => ({
  method: "GET",
  path: `/_matrix/client/:version/login/sso/redirect${rest}`,
  cors: false,
  answer: begin,
}))

async function begin(call: Call, { database, settings }: Service): Promise<Reply> {
  const asked = call.query.get("redirectUrl")
  if (asked === null) throw refused("Missing redirectUrl")
  const target = URL.parse(asked)
  if (target?.username !== "" || target.password !== "") throw refused("invalid redirectUrl")
  const id = newUuid()
  await database.query(
    "insert into compat_sso_logins (compat_sso_login_id, login_token, redirect_uri, created_at) values ($1, $2, $3, now())",
    [id, randomText(32), target.href],
  )
  return redirect(new URL(`complete-compat-sso/${uuidToUlid(id)}`, settings.publicBase).href)
}

function refused(reason: string): Rejection {
  return new Rejection(html(400, `<!DOCTYPE html>\n<html lang="en"><title>Error</title><p>${reason}</p></html>\n`))
}
