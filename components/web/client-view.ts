import { isDeepStrictEqual } from "node:util"
import { describeAnswer } from "../login-surface/describe-answer.ts"
import { matrixRefusal } from "../login-surface/judge.ts"

/** An answer over HTTP, as far as it matters here. */
export interface Answer {
  /** 0: there was none, and `text` says why. */
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What clients see of the server's way to log in; legacy and delegated differ in each field. */
export interface ClientView {
  /** Who offers what at `GET /_matrix/client/v3/login` through the proxy. */
  readonly loginFlows: string
  /** The same, asked of Synapse itself: only a proxy's route keeps people from it. */
  readonly loginFlowsOfSynapse: string
  /** The issuer in `/_matrix/client/v1/auth_metadata` (MSC2965, Matrix 1.15). */
  readonly authMetadata: string
  /** The issuer in the client well-known (`org.matrix.msc2965.authentication`). */
  readonly wellKnown: string
  /** Who answers `POST …/logout` and `…/refresh` through the proxy. */
  readonly logoutAndRefresh: string
}

export const notServed = "not served"
export const passwordForm = "m.login.password"
export const delegatedToMas = "m.login.sso, delegated to MAS"

const nothingServed = "nothing: the proxy does not run"

/** What clients see while the proxy in front stands still. */
export const behindNothing: ClientView = {
  loginFlows: nothingServed,
  loginFlowsOfSynapse: nothingServed,
  authMetadata: nothingServed,
  wellKnown: nothingServed,
  logoutAndRefresh: nothingServed,
}

/** What clients should see. */
export function expectedView(wanted: { readonly issuer: string | null; readonly wellKnownIssuer: string }): ClientView {
  const { issuer, wellKnownIssuer } = wanted
  return issuer === null
    ? {
        loginFlows: passwordForm,
        loginFlowsOfSynapse: passwordForm,
        authMetadata: notServed,
        wellKnown: wellKnownIssuer,
        logoutAndRefresh: "served",
      }
    : {
        loginFlows: delegatedToMas,
        loginFlowsOfSynapse: notServed,
        authMetadata: issuer,
        wellKnown: wellKnownIssuer,
        logoutAndRefresh: "served",
      }
}

/**
 * Reads log-in flows. MAS offers `m.login.sso` with `oauth_aware_preferred` (MSC3824), and may offer passwords beside
 * it for old clients; a Synapse that checks passwords itself offers them without. A delegated Synapse answers 404.
 */
export function readLoginFlows(answer: Answer): string {
  const { status, text } = answer
  if (status === 404) return notServed
  const flows = parse(text)?.flows
  if (status !== 200 || !Array.isArray(flows) || !flows.every(isObject)) return unexpected(answer)
  const isDelegated = flows.some(
    (flow) =>
      flow.type === "m.login.sso" &&
      (flow.oauth_aware_preferred === true || flow["org.matrix.msc3824.delegated_oidc_compatibility"] === true),
  )
  if (isDelegated) return delegatedToMas
  const types = flows.map((flow) => String(flow.type))
  return types.includes(passwordForm) ? passwordForm : types.join(", ")
}

/**
 * Reads the issuer from auth metadata; a legacy Synapse answers 404. What is told has to be what MAS itself tells, where
 * that is known: Synapse passes it on as it is (seen with 1.163).
 */
export function readAuthMetadata(answer: Answer, ofMas?: Answer): string {
  const { status, text } = answer
  if (status === 404) return notServed
  const issuer = parse(text)?.issuer
  if (status !== 200 || typeof issuer !== "string") return unexpected(answer)
  const isOld = ofMas?.status === 200 && !isDeepStrictEqual(parse(text), parse(ofMas.text))
  return isOld ? `${issuer}, otherwise than MAS tells it` : issuer
}

/** What several versions of the API offer: the same, or each its own. */
export function inAllVersions(seen: Readonly<Record<string, string>>): string {
  const different = [...new Set(Object.values(seen))]
  if (different.length <= 1) return different[0] ?? notServed
  return Object.entries(seen)
    .map(([version, what]) => `${version}: ${what}`)
    .join("; ")
}

/** Reads the issuer from the client well-known. */
export function readWellKnown(answer: Answer): string {
  const { status, text } = answer
  if (status === 404) return notServed
  const document = parse(text)
  if (status !== 200 || document === undefined) return unexpected(answer)
  const key = document["org.matrix.msc2965.authentication"]
  const issuer = typeof key === "object" && key !== null ? (key as Record<string, unknown>).issuer : undefined
  return typeof issuer === "string" ? issuer : "names no issuer"
}

/**
 * Reads who serves log-out and refresh: a delegated Synapse does not know them (404 `M_UNRECOGNIZED`). Who knows them refuses
 * what we send in Matrix' words; anything else is no answer to the question.
 */
export function readRoutes(answers: { readonly logout: Answer; readonly refresh: Answer }): string {
  const all = Object.entries(answers)
  const missing = all.flatMap(([name, { status }]) => (status === 404 ? [name] : []))
  const odd = all.flatMap(([name, answer]) => (answer.status === 404 ? [] : (oddity(name, answer) ?? [])))
  const notRouted = missing.length === 0 ? [] : [`${missing.join(" and ")} not served: no route to MAS`]
  return [...notRouted, ...odd].join("; ") || "served"
}

function oddity(name: string, answer: Answer): string | undefined {
  const wrong = matrixRefusal({ headers: {}, ...answer })
  return wrong === undefined ? undefined : `${name}: ${unexpected(answer)}`
}

function unexpected(answer: Answer): string {
  if (answer.status === 0) return `no answer: ${answer.text}`
  return `an answer that makes no sense (${describeAnswer({ headers: {}, ...answer })})`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
