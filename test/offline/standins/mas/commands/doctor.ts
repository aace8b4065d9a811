import { STATUS_CODES } from "node:http"
import type { Cursor } from "../config/cursor.ts"
import { trimmedSecret } from "../config/secret.ts"
import { type MasConfig, rootConfig } from "../config.ts"
import { advice, setup } from "../doctor-advice.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"

const target = "mas_cli::commands::doctor"

/** What was found at an address; `undefined` status: nobody answered. */
interface Reply {
  readonly url: string
  readonly status: number | undefined
  readonly body: string
}

/** Exit code 0 whatever it finds: what it found is told by ✅, ⚠️ and ❌. A wrong shared secret is **printed**. */
export async function doctor(root: Cursor): Promise<void> {
  log("INFO", `${target}:33`, advice.begin)
  const config = rootConfig(root)
  if (!isHost(config.matrix.homeserver)) throw new Failure(advice.noHost)
  const secret = await trimmedSecret(config.matrix.secret)
  checkIssuer(config)
  const found = await checkWellKnown(config)
  if (await checkVersions(config)) {
    await checkWhoami(config)
    await checkMasApi(config, secret)
  }
  await checkLogin(found ?? config.matrix.endpoint)
}

function isHost(name: string): boolean {
  return URL.parse(`http://${name}`)?.host === name.toLowerCase() && !/:\d+$/.test(name)
}

function checkIssuer({ http }: MasConfig): void {
  if (!(http.issuer ?? http.publicBase).startsWith("https://")) log("WARN", `${target}:54`, advice.issuerNotHttps)
}

/** @returns the base URL that clients are told. */
async function checkWellKnown({ matrix }: MasConfig): Promise<string | undefined> {
  const reply = await ask(`https://${matrix.homeserver}/.well-known/matrix/client`)
  if (reply.status === undefined) {
    log("WARN", `${target}:107`, advice.wellKnownUnreachable(reply.url))
    return undefined
  }
  if (!isSuccess(reply)) log("WARN", `${target}:74`, advice.wellKnownStatus(reply.url, statusText(reply)))
  const parsed = parse(reply.body)
  if (parsed === undefined) log("WARN", `${target}:91`, advice.wellKnownInvalid(reply.url))
  const base = (parsed as { "m.homeserver"?: { base_url?: unknown } } | undefined)?.["m.homeserver"]?.base_url
  return typeof base === "string" && URL.canParse(base) ? base : undefined
}

async function checkVersions({ matrix }: MasConfig): Promise<boolean> {
  const reply = await ask(`${new URL("/_matrix/client/versions", matrix.endpoint)}`)
  if (isSuccess(reply)) log("INFO", `${target}:134`, `✅ Homeserver is reachable at "${reply.url}"`)
  else if (reply.status === undefined) log("ERROR", `${target}:154`, advice.versionsUnreachable(reply.url))
  else log("ERROR", `${target}:137`, advice.versionsStatus(reply.url, statusText(reply)))
  return isSuccess(reply)
}

async function checkWhoami({ matrix }: MasConfig): Promise<void> {
  const url = `${new URL("/_matrix/client/v3/account/whoami", matrix.endpoint)}`
  const reply = await ask(url, "averyinvalidtokenireallyhopethisisnotvalid")
  const { status } = reply
  const said = statusText(reply)
  if (status === undefined) log("ERROR", `${target}:217`, advice.unreachable(url))
  else if (status === 401) log("INFO", `${target}:187`, advice.whoamiRejects(url))
  else if (status < 400) log("ERROR", `${target}:191`, advice.whoamiAccepts(url, said))
  else if (status === 503) log("ERROR", `${target}:197`, advice.whoamiBlind(url, said, reply.body))
  else log("WARN", `${target}:211`, advice.whoamiOdd(url, said))
}

/** Asked without its parameter on purpose: 400 means let in, 403 another secret, 404 no MAS in Synapse. */
async function checkMasApi({ matrix, http }: MasConfig, secret: string): Promise<void> {
  const url = `${new URL("/_synapse/mas/is_localpart_available", matrix.endpoint)}`
  const reply = await ask(url, secret)
  const issuer = http.issuer ?? http.publicBase
  if (reply.status === 400) log("INFO", `${target}:242`, advice.masApiWorks(url))
  else if (reply.status === undefined) log("ERROR", `${target}:267`, advice.masApiUnreachable(url))
  else log("ERROR", `${target}:246`, advice.masApiRefused({ url, status: statusText(reply), issuer, matrix, secret }))
}

async function checkLogin(base: string): Promise<void> {
  const reply = await ask(`${new URL("/_matrix/client/v3/login", base)}`)
  if (reply.status === undefined) {
    log("WARN", `${target}:338`, advice.loginUnreachable(reply.url))
  } else if (!isSuccess(reply)) {
    log("ERROR", `${target}:327`, advice.loginStatus(reply.url, statusText(reply)))
  } else if (isDelegated(parse(reply.body))) {
    log("INFO", `${target}:312`, `✅ The legacy login API at "${reply.url}" is reachable and is handled by MAS.`)
  } else {
    log(
      "WARN",
      `${target}:316`,
      `⚠️ The legacy login API at "${reply.url}" is reachable, but ${advice.loginNotMas}${setup("reverse-proxy")}`,
    )
  }
}

function isDelegated(body: unknown): boolean {
  const flows = (body as { flows?: unknown } | undefined)?.flows
  return (
    Array.isArray(flows) &&
    flows.some(
      (flow) =>
        flow.type === "m.login.sso" &&
        (flow.oauth_aware_preferred === true || flow["org.matrix.msc3824.delegated_oidc_compatibility"] === true),
    )
  )
}

async function ask(url: string, bearer?: string): Promise<Reply> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) }).catch(() => undefined)
  return { url, status: response?.status, body: (await response?.text()) ?? "" }
}

function isSuccess({ status = 0 }: Reply): boolean {
  return status >= 200 && status < 300
}

function statusText({ status = 0 }: Reply): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trim()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
