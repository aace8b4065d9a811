import { type Call, html, type Reply } from "./call.ts"
import type { Service } from "./service.ts"

export interface Route {
  readonly method: "GET" | "POST"
  /** `:name` stands for one segment. */
  readonly path: string
  /** Readable by pages of other origins. */
  readonly cors: boolean
  readonly answer: Answer
}

/** `parameters`: the `:named` segments, decoded. @throws Rejection for the answers that are refusals. */
export type Answer = (
  call: Call,
  service: Service,
  parameters: Readonly<Record<string, string>>,
) => Reply | Promise<Reply>

/** A route, and what its path says. */
export interface Match {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

export interface Router {
  /** The route of this request; else those of other methods for its path (none: nobody knows the path). */
  find(method: string, path: string): Match | { readonly others: readonly Route[] }
}

export function routerOf(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ route, pattern: patternOf(route.path) }))
  return {
    find(method, path) {
      const there = compiled.flatMap(({ route, pattern }) => {
        const groups = pattern.exec(path)
        return groups ? [{ route, parameters: decoded(groups.groups ?? {}) }] : []
      })
      const wanted = method === "HEAD" ? "GET" : method
      return there.find(({ route }) => route.method === wanted) ?? { others: there.map(({ route }) => route) }
    },
  }
}

/** What MAS answers for a path it does not know: a page, for API clients as well. */
export function notFound(call: Pick<Call, "method" | "path">): Reply {
  const asked = `${call.method} ${call.path}`.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return html(
    404,
    `<!DOCTYPE html>\n<html lang="en"><title>Not found</title><h1>Page not found</h1><p>${asked}</p></html>\n`,
  )
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/:(\w+)/g, "(?<$1>[^/]+)")
  return new RegExp(`^${source}$`)
}

function decoded(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
}
