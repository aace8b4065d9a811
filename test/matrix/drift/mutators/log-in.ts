import { assetRule, loginRules } from "../../../../components/login-surface/rules.ts"
import type { Server } from "../lab/server.ts"
import { replacing } from "./in-documents.ts"
import type { Mutator, Named } from "./mutator.ts"
import { handed, runsWith, served } from "./proxy.ts"

const kind = "endpoint of a log-in answers otherwise"
const masLocation = "    location / {\n        proxy_pass $mas;\n"
const ofMas = loginRules.filter(({ needs, since }) => needs.includes("mas") && since === "before")

/** A location of the server with MAS's address, before the one for all the rest. */
function beforeMas(location: string) {
  return replacing(masLocation, `    ${location}\n${masLocation}`)
}

/** Each endpoint, as the look names it. */
function amiss(endpoints: readonly string[], live: RegExp): (server: Server) => readonly Named[] {
  return (server) => endpoints.map((endpoint) => named(server, endpoint, live))
}

function named({ lab: { places } }: Server, key: string, live: RegExp): Named {
  const rule = loginRules.find(({ endpoint }) => endpoint === key)
  if (rule === undefined) throw new Error(`no rule for ${key}`)
  const { url } = rule.ask({
    homeserverUrl: places.synapse.url,
    wellKnownUrl: places.wellKnown.url,
    issuer: places.mas.issuer,
    origin: new URL(places.element.url).origin,
  })
  return { where: url, key, live, wanted: rule.right }
}

const gateway = /^not served \(HTTP 502, text\/html: "502 Bad Gateway/
const gone = /^not served \(HTTP 404, text\/html/
const unreadable = /^browsers keep it from clients: no Access-Control-Allow-Origin \(HTTP (200|400)/

/** What the proxy does to the endpoints of a log-in, which its other routes do not show. */
export const onLogIn: readonly Mutator[] = [
  runsWith({
    name: "the proxy serves the well-known without CORS",
    kind,
    sees: "well-known",
    edit: replacing(
      "        add_header Access-Control-Allow-Origin *;\n        add_header Cache-Control",
      "        add_header Cache-Control",
    ),
    names: amiss(["wellKnownDocument"], unreadable),
  }),
  runsWith({
    name: "the proxy serves the well-known with another base_url",
    kind,
    sees: "well-known",
    edit: (conf, { lab }) =>
      replacing(
        "        alias /srv/wellknown/client.json;\n",
        `        return 200 '{"m.homeserver": {"base_url": "https://evil.example.org"}, "org.matrix.msc2965.authentication": {"issuer": "${lab.places.mas.issuer}"}}';\n`,
      )(conf),
    names: (server) => [
      served(server, "otherwise than the file has it"),
      named(server, "wellKnownDocument", /^names another homeserver \(https:\/\/evil\.example\.org\) \(HTTP 200/),
    ],
  }),
  runsWith({
    name: "the proxy does not serve MAS's keys",
    kind,
    sees: "mas",
    edit: beforeMas("location = /oauth2/keys.json { return 404; }"),
    names: amiss(["signingKeys"], gone),
  }),
  runsWith({
    name: "MAS's public address is at 502 for everything",
    kind,
    sees: "mas",
    edit: beforeMas("location ~ . { return 502; }"),
    names: amiss(
      ofMas.map(({ endpoint }) => endpoint),
      gateway,
    ),
  }),
  ...Object.entries({ authorize: "authorizePage", login: "loginPage" }).map(([path, endpoint]) =>
    runsWith({
      name: `MAS's /${path} is at 502`,
      kind,
      sees: "mas",
      edit: beforeMas(`location = /${path} { return 502; }`),
      names: amiss([endpoint], gateway),
    }),
  ),
  runsWith({
    name: "MAS's /oauth2/ is at 502",
    kind,
    sees: "mas",
    edit: beforeMas("location /oauth2/ { return 502; }"),
    names: amiss(
      ofMas.flatMap(({ endpoint }) => (/^signingKeys$|Endpoint/.test(endpoint) ? [endpoint] : [])),
      gateway,
    ),
  }),
  runsWith({
    name: "the proxy takes CORS away from MAS",
    kind,
    sees: "mas",
    edit: replacing(masLocation, `${masLocation}        proxy_hide_header Access-Control-Allow-Origin;\n`),
    names: amiss(
      ofMas.flatMap(({ endpoint }) => (endpoint.endsWith("Page") ? [] : [endpoint])),
      unreadable,
    ),
  }),
  runsWith({
    name: "the proxy adds CORS to what MAS sends already",
    kind,
    sees: "mas",
    edit: replacing(masLocation, `${masLocation}        add_header Access-Control-Allow-Origin * always;\n`),
    names: amiss(
      ofMas.flatMap(({ endpoint }) => (endpoint.endsWith("Page") ? [] : [endpoint])),
      /^browsers keep it from clients: Access-Control-Allow-Origin comes twice \(HTTP/,
    ),
  }),
  runsWith({
    name: "the proxy does not serve MAS's style sheets and scripts",
    kind,
    sees: "mas",
    edit: beforeMas("location /assets/ { return 404; }"),
    names: () => [{ where: /\/assets\/[\w.-]+$/, key: assetRule.endpoint, live: gone, wanted: assetRule.right }],
  }),
  runsWith({
    name: "the proxy knows no single sign-on",
    kind,
    sees: "login",
    edit: replacing(handed, `${handed}    location ~ ^/_matrix/client/(.*)/login/sso/redirect { return 404; }\n`),
    names: amiss(["ssoRedirect.v3", "ssoRedirect.r0"], /^not served: no route to MAS \(HTTP 404/),
  }),
]
