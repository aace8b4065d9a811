import { all, document, type Fields, oauthRefusal, preflight, readableInBrowsers, status } from "./judge.ts"
import type { Answered, LoginPlaces, Question, Rule } from "./rule.ts"

/**
 * All that a log-in touches, and what is right there: what clients, browsers and people need of it. Each was seen with MAS
 * 1.22.0 and Synapse 1.163.2. Nothing that is asked changes anything: a form without a content type is turned away before it
 * is read (with one, MAS 1.22 answers 500), and a redirect without its target leaves no row.
 *
 * MAS' introspection is not among them: Synapse asks that at MAS's own address, and it may well be closed to the public.
 */
export const loginRules: readonly Rule[] = [
  {
    endpoint: "wellKnownDocument",
    neededBy: "every client",
    since: "before",
    needs: [],
    ask: ({ wellKnownUrl: url }) => ({ url }),
    right: "the well-known, readable in browsers, with this homeserver's address",
    judge: all(status(200), document(namesHomeserver), readableInBrowsers),
  },
  {
    endpoint: "clientVersions",
    neededBy: "every client",
    since: "before",
    needs: ["synapse"],
    ask: ({ homeserverUrl }) => ({ url: at("_matrix/client/versions", homeserverUrl) }),
    right: "Synapse's versions, readable in browsers",
    judge: all(
      status(200),
      document(({ versions }) => (Array.isArray(versions) ? undefined : "no versions in it")),
      readableInBrowsers,
    ),
  },
  ofMas({
    endpoint: "authMetadataOfMas",
    neededBy: "every client with OAuth",
    ask: atMas(".well-known/openid-configuration"),
    right: "MAS's metadata: this very issuer, its endpoints below it, readable in browsers",
    judge: all(status(200), document(isOfIssuer), readableInBrowsers),
  }),
  ofMas({
    endpoint: "signingKeys",
    neededBy: "whoever verifies ID tokens",
    ask: atMas("oauth2/keys.json"),
    right: "at least one key, readable in browsers",
    judge: all(status(200), document(hasKey), readableInBrowsers),
  }),
  ofMas({
    endpoint: "authorizePage",
    neededBy: "people who log in",
    ask: atMas("authorize"),
    right: "MAS, which misses the parameters of a log-in (400)",
    judge: all(status(400), (answer) =>
      answer.text.includes("response_type") ? undefined : "not MAS's complaint about missing parameters",
    ),
  }),
  ofMas({
    endpoint: "loginPage",
    neededBy: "people who log in",
    ask: atMas("login"),
    right: "MAS's log-in page, with its cookie",
    judge: isLoginPage,
  }),
  ...["token", "revoke", "registration"].flatMap((name) => [
    ofMas({
      endpoint: `${name}Endpoint`,
      neededBy: "every client with OAuth",
      ask: (places) => ({ ...atMas(`oauth2/${name}`)(places), method: "POST" }),
      right: "MAS, which misses what belongs into the request, in JSON and readable in browsers",
      judge: all(oauthRefusal, readableInBrowsers),
    }),
    ofMas({
      endpoint: `${name}EndpointInBrowsers`,
      neededBy: "clients in a browser",
      ask: (places) => beforehand(atMas(`oauth2/${name}`)(places).url, places, "content-type"),
      right: "leave for browsers to ask from other pages",
      judge: preflight("POST", "content-type"),
    }),
  ]),
  {
    endpoint: "authMetadataInBrowsers",
    neededBy: "clients in a browser",
    since: "delegated",
    needs: ["synapse"],
    ask: ({ homeserverUrl }) => ({ url: at("_matrix/client/v1/auth_metadata", homeserverUrl) }),
    right: "readable in browsers",
    judge: whereServed(readableInBrowsers),
  },
  {
    endpoint: "loginFlowsInBrowsers",
    neededBy: "clients in a browser",
    since: "delegated",
    needs: ["synapse", "mas"],
    ask: ({ homeserverUrl }) => ({ url: at("_matrix/client/v3/login", homeserverUrl) }),
    right: "readable in browsers",
    judge: whereServed(readableInBrowsers),
  },
  ...["login", "logout", "refresh"].map(
    (name): Rule => ({
      endpoint: name === "login" ? "loginFlowsInBrowsers.post" : `logoutAndRefreshInBrowsers.${name}`,
      neededBy: "clients in a browser",
      since: "delegated",
      needs: ["synapse", "mas"],
      ask: (places) => {
        const url = at(`_matrix/client/v3/${name}`, places.homeserverUrl)
        return beforehand(url, places, name === "logout" ? "authorization, content-type" : "content-type")
      },
      right: "leave for browsers to ask from other pages",
      judge: name === "logout" ? preflight("POST", "authorization", "content-type") : preflight("POST", "content-type"),
    }),
  ),
  ...["v3", "r0"].map(
    (version): Rule => ({
      endpoint: `ssoRedirect.${version}`,
      neededBy: "clients that know no OAuth",
      since: "delegated",
      needs: ["synapse", "mas"],
      ask: ({ homeserverUrl }) => ({ url: at(`_matrix/client/${version}/login/sso/redirect`, homeserverUrl) }),
      right: "MAS, which misses where to send people back to (400)",
      judge: all(
        (answer) => (answer.status === 404 ? "not served: no route to MAS" : undefined),
        status(400),
        ({ text }) => (/redirectUrl/i.test(text) ? undefined : "not MAS's complaint about the missing parameter"),
      ),
    }),
  ),
]

/** What the log-in page cannot be used without: its style sheets and scripts. */
export const assetRule: Omit<Rule, "ask"> = {
  endpoint: "loginPageAssets",
  neededBy: "people who log in",
  since: "before",
  needs: ["mas"],
  right: "the style sheets and scripts of MAS's log-in page",
  judge: all(status(200), ({ headers }) =>
    /^(text\/css|(text|application)\/javascript)\b/i.test(headers["content-type"] ?? "")
      ? undefined
      : "browsers do not take it: neither a style sheet nor a script",
  ),
}

/** Where a page has its style sheets and scripts, as a browser would work it out; the first eight. */
export function assetsOf(page: string, url: string): readonly string[] {
  const found = [...page.slice(0, 100_000).matchAll(/<(?:link|script)\b([^>]*)>/gi)].flatMap(([, attributes = ""]) => {
    const isPart = !/\brel=/i.test(attributes) || /\brel="?stylesheet/i.test(attributes)
    const [, to] = /\b(?:href|src)="([^"]+)"/i.exec(attributes) ?? []
    const address = isPart && to !== undefined ? URL.parse(to, url) : null
    return address === null || !/^https?:$/.test(address.protocol) ? [] : [address.href]
  })
  return [...new Set(found)].slice(0, 8)
}

function ofMas(rule: Omit<Rule, "since" | "needs">): Rule {
  return { ...rule, since: "before", needs: ["mas"] }
}

function at(path: string, base: string): string {
  return new URL(path, base).href
}

function atMas(path: string): (places: LoginPlaces) => Question {
  return ({ issuer }) => ({ url: at(path, issuer) })
}

function beforehand(url: string, { origin }: LoginPlaces, sent: string): Question {
  const headers = { origin, "access-control-request-method": "POST", "access-control-request-headers": sent }
  return { url, method: "OPTIONS", headers }
}

/** Whether it is served at all is judged elsewhere. */
function whereServed(judge: Rule["judge"]): Rule["judge"] {
  return (answer, places) => (answer.status === 200 ? judge(answer, places) : undefined)
}

/** With the slash or without: clients take both. */
function namesHomeserver(fields: Fields, { homeserverUrl }: LoginPlaces): string | undefined {
  const named = (fields["m.homeserver"] as Fields | null | undefined)?.base_url
  if (typeof named !== "string") return "names no homeserver"
  const isSame = URL.parse(named)?.href.replace(/\/$/, "") === new URL(homeserverUrl).href.replace(/\/$/, "")
  return isSame ? undefined : `names another homeserver (${named.slice(0, 100)})`
}

const endpoints = {
  authorization_endpoint: "authorize",
  token_endpoint: "oauth2/token",
  jwks_uri: "oauth2/keys.json",
  registration_endpoint: "oauth2/registration",
  revocation_endpoint: "oauth2/revoke",
} as const

function isOfIssuer(fields: Fields, { issuer }: LoginPlaces): string | undefined {
  if (fields.issuer !== issuer) return `another issuer (${String(fields.issuer).slice(0, 100)})`
  const elsewhere = Object.entries(endpoints).find(([name, path]) => fields[name] !== at(path, issuer))
  return elsewhere === undefined ? undefined : `its ${elsewhere[0]} is not at ${at(elsewhere[1], issuer)}`
}

function hasKey({ keys }: Fields): string | undefined {
  const isKey = (key: unknown) => typeof key === "object" && key !== null && typeof (key as Fields).kty === "string"
  return Array.isArray(keys) && keys.length > 0 && keys.every(isKey) ? undefined : "no keys in it"
}

/** With passwords off and one provider, MAS sends people on to that at once. */
function isLoginPage({ status: code, headers }: Answered, { issuer }: LoginPlaces): string | undefined {
  const to = headers.location === undefined ? undefined : URL.parse(headers.location, issuer)?.href
  if (code === 303 && to?.startsWith(at("upstream/authorize/", issuer))) return undefined
  if (code !== 200) return "not served"
  if (!/^text\/html\b/i.test(headers["content-type"] ?? "")) return "not a page"
  return /(^|, )csrf=/.test(headers["set-cookie"] ?? "") ? undefined : "not MAS's page, or its cookie was taken away"
}
