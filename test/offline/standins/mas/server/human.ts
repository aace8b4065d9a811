import { empty, redirect } from "./call.ts"
import type { Route } from "./router.ts"

/**
 * The pages for people. Log-in by browser is not there yet; its routes go here, each over a module of its own:
 * `GET /authorize`, `GET|POST /login`, `GET|POST /consent/:id`, `POST /logout`, `GET|POST /complete-compat-sso/:id`,
 * `GET|POST /link`, `GET|POST /device/:id`. What they need is there: sessions, tokens, clients, password checks.
 */
export const humanRoutes: readonly Route[] = [
  { method: "GET", path: "/account", cors: false, answer: (call) => redirect(withQuery("/account/", call.query)) },
  { method: "GET", path: "/", cors: false, answer: () => empty(200, { "content-type": "text/html; charset=utf-8" }) },
]

function withQuery(path: string, query: URLSearchParams): string {
  return query.size > 0 ? `${path}?${query}` : path
}
