import { randomBytes } from "node:crypto"
import { type Call, empty, html, type Reply, redirect, text } from "./call.ts"
import { notFound, type Route } from "./router.ts"
import type { Service } from "./service.ts"

/**
 * The pages for people. Log-in by browser is not there yet; its routes go here, each over a module of its own:
 * `POST /login`, `GET|POST /consent/:id`, `POST /logout`, `GET|POST /complete-compat-sso/:id`, `GET|POST /link`,
 * `GET|POST /device/:id`. What they need is there: sessions, tokens, clients, password checks. `GET /authorize` refuses
 * what lacks a parameter, as the real one does, and `GET /login` shows a page with its parts; neither goes on from there.
 */
export const humanRoutes: readonly Route[] = [
  { method: "GET", path: "/account", cors: false, answer: (call) => redirect(withQuery("/account/", call.query)) },
  { method: "GET", path: "/", cors: false, answer: () => empty(200, { "content-type": "text/html; charset=utf-8" }) },
  { method: "GET", path: "/authorize", cors: false, answer: authorize },
  { method: "GET", path: "/login", cors: false, answer: loginPage },
]

const parts = {
  "login.css": { type: "text/css", body: "body { font-family: sans-serif }\n" },
  "login.js": { type: "text/javascript", body: "export {}\n" },
} as const

/** What the pages are made of: a style sheet and a script, in the place of the real one's. */
export const assetRoutes: readonly Route[] = [
  { method: "GET", path: "/assets/:name", cors: false, answer: (_call, _service, { name = "" }) => asset(name) },
]

function asset(name: string): Reply {
  const found = Object.entries(parts).find(([known]) => known === name)?.[1]
  if (found === undefined) return empty(404, { "cache-control": "public, max-age=300" })
  const headers = { "content-type": found.type, "cache-control": "public, immutable, max-age=31536000" }
  return { status: 200, headers, body: found.body }
}

const needed = ["response_type", "client_id", "scope"] as const
const unframed = { "x-frame-options": "DENY" }

/** The first parameter that is missing is named (seen with MAS 1.22). */
function authorize(call: Call): Reply {
  const missing = needed.find((name) => !call.query.has(name))
  if (missing === undefined) return notFound(call)
  const reply = text(400, `Failed to deserialize query string: missing field \`${missing}\``)
  return { ...reply, headers: { ...reply.headers, ...unframed } }
}

/** With a cookie that its form has to come back with. */
function loginPage(_call: Call, { settings }: Service): Reply {
  const csrf = randomBytes(32).toString("base64url")
  const { pathname: base } = new URL(settings.publicBase)
  const page = html(
    200,
    `<!DOCTYPE html>
<html lang="en">
  <head>
    <title>matrix-authentication-service</title>
    <link rel="stylesheet" href="${base}assets/login.css" crossorigin="anonymous" />
    <script type="module" src="${base}assets/login.js" crossorigin="anonymous"></script>
  </head>
  <body>
    <form method="POST"><input type="hidden" name="csrf" value="${csrf}" /><h1>Sign in</h1></form>
  </body>
</html>
`,
  )
  const cookie = `csrf=${csrf}; HttpOnly; SameSite=Lax; Path=/`
  return { ...page, headers: { ...page.headers, ...unframed, "set-cookie": cookie } }
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size > 0 ? `${path}?${query}` : path
}
