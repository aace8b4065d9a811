import type { MatrixConfig } from "./config/matrix.ts"

const docs = "https://element-hq.github.io/matrix-authentication-service/setup"

export function setup(page: "homeserver" | "reverse-proxy"): string {
  return `\n\nSee ${docs}/${page}.html\n`
}

const proxyHint = `This means legacy clients won't be able to login.
Make sure MAS is running.
Check your reverse proxy settings to make sure that this API is handled by MAS, not by Synapse.`

const sent = (url: string) => `Error details: error sending request for url (${url})`

const example = (
  url: string,
) => `Make sure going to "${url}" in a web browser returns a valid JSON document, similar to:

{
  "m.homeserver": {
    "base_url": "..."
  }
}`

/**
 * What `doctor` says. The marks and the first line are MAS's (operators' scripts look for them), and the whole text where
 * we saw it with MAS 1.22; the rest of the others is ours.
 */
export const advice = {
  begin:
    "💡 Running diagnostics, make sure that both MAS and Synapse are running, and that MAS is using the same configuration files as this tool.",
  noHost: `The homeserver host in the config (\`matrix.homeserver\`) is not a valid domain.\nSee ${docs}/homeserver.html`,
  issuerNotHttps: `⚠️ The issuer in the config (\`http.issuer\`/\`http.public_base\`) is not an HTTPS URL.
This means some clients will refuse to use it.`,
  wellKnownUnreachable: (url: string) => `⚠️ Failed to fetch well-known document at "${url}".
This means that the homeserver is not reachable, the well-known document is not available, or malformed.
Make sure your homeserver is running.
${example(url)}${setup("homeserver")}
${sent(url)}
`,
  wellKnownStatus: (url: string, status: string) =>
    `⚠️ Matrix client well-known replied with ${status}, expected 2xx.\nAsked: "${url}"`,
  wellKnownInvalid: (url: string) => `⚠️ Invalid JSON for the well-known document at "${url}".`,
  versionsUnreachable: (url: string) => `❌ Can't reach the homeserver at "${url}".\n\n${sent(url)}\n`,
  versionsStatus: (url: string, status: string) => `❌Can't reach the homeserver at "${url}", got ${status}.`,
  unreachable: (url: string) => `❌ Can't reach the homeserver at "${url}".\n\n${sent(url)}\n`,
  whoamiRejects: (url: string) => `✅ Homeserver at "${url}" is reachable, and it correctly rejected an invalid token.`,
  whoamiAccepts: (url: string, status: string) =>
    `❌ The homeserver at "${url}" replied with ${status}.\nA token that cannot be valid was let in.`,
  whoamiBlind: (url: string, status: string, body: string) =>
    `❌ The homeserver at "${url}" replied with ${status}.\nIt seems unable to ask MAS about the token. It said:\n\n    ${body}\n`,
  whoamiOdd: (url: string, status: string) => `⚠️ The homeserver at "${url}" replied with ${status}.`,
  masApiWorks: (url: string) => `✅ The Synapse MAS API is reachable with authentication at "${url}".`,
  masApiUnreachable: (url: string) => `❌ Can't reach the Synapse MAS API at "${url}".\n\n${sent(url)}\n`,
  masApiRefused: ({
    url,
    status,
    issuer,
    matrix,
    secret,
  }: MasApiRefusal) => `❌ A Synapse MAS API endpoint at "${url}" replied with ${status}.
Make sure the homeserver is running, and that the MAS config has the correct \`matrix.secret\`.
It should match the \`secret\` set in the Synapse config.

  matrix_authentication_service:
    enabled: true
    endpoint: "${issuer}"
    # This must exactly match the secret in the MAS config:
    secret: "${secret}"

And in the MAS config:

  matrix:
    homeserver: "${matrix.homeserver}"
    endpoint: "${matrix.endpoint}"
    secret: "${secret}"
`,
  loginUnreachable: (url: string) => `⚠️ Can't reach the legacy login API at "${url}".
${proxyHint}${setup("reverse-proxy")}
${sent(url)}`,
  loginStatus: (url: string, status: string) =>
    `The legacy login API at "${url}" replied with ${status}.\n${proxyHint}${setup("reverse-proxy")}`,
  loginNotMas: `it doesn't look to be handled by MAS.\n${proxyHint}`,
} as const

interface MasApiRefusal {
  readonly url: string
  readonly status: string
  readonly issuer: string
  readonly matrix: MatrixConfig
  readonly secret: string
}
