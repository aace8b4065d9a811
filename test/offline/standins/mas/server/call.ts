import type { IncomingHttpHeaders } from "node:http"

/** One HTTP request, read to its end, and what the access log will say about who asked. */
export interface Call {
  readonly method: string
  /** Without the query, as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The client's address, seen through trusted proxies. */
  readonly clientAddress: string
  /** Who was recognised: `homeserver`, `user:<ulid>(<name>)`, `oauth2-client:<id>`. */
  requester?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer given by throwing it: what went wrong, in the words MAS has for it. */
export class Rejection extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`answered ${reply.status}`)
    this.reply = reply
  }
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) }
}

export function text(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body }
}

export function html(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, body }
}

export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: "" }
}

export function redirect(location: string): Reply {
  return empty(303, { location })
}

/** An error as the Matrix client-server API has them. */
export function matrixError(status: number, errcode: string, error: string): Rejection {
  return new Rejection(json(status, { errcode, error }))
}

/** An error of RFC 6749, section 5.2, with MAS's own sentence for it unless another is given. */
export function oauthError(status: number, error: OAuthErrorCode, description?: string): Rejection {
  return new Rejection(json(status, { error, error_description: description ?? oauthSentences[error] }))
}

export type OAuthErrorCode = keyof typeof oauthSentences

/** In MAS's wording, which clients see; `invalid_client` and `invalid_grant` were seen with MAS 1.22. */
const oauthSentences = {
  invalid_client: "Client authentication failed.",
  invalid_request:
    "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.",
  invalid_grant: "The provided access grant is invalid, expired, or revoked.",
  invalid_redirect_uri: "The value of one or more redirection URIs is invalid.",
  invalid_client_metadata: "The value of one of the client metadata fields is invalid",
  invalid_scope: "The requested scope is invalid, unknown, or malformed.",
  unauthorized_client: "The client is not authorized to request an access token using this method.",
  unsupported_grant_type: "The authorization grant type is not supported by the authorization server.",
  access_denied: "The resource owner or authorization server denied the request.",
  authorization_pending: "The authorization request is still pending",
  expired_token: 'The "device_code" has expired, and the device authorization session has concluded',
  server_error:
    "The authorization server encountered an unexpected condition that prevented it from fulfilling the request.",
} as const
