/** What became of a redirect URI as people write it: the form MAS stores, with a word about it, or why it cannot be. */
export type RedirectReading = { readonly uri: string; readonly note?: string } | { readonly why: string }

const loopbackHosts: readonly string[] = ["localhost", "127.0.0.1", "[::1]"]

/** `http://127.0.0.1:*`, `:0`, `:{port}`, `:<port>`, `:PORT`, `:any`: how people write "any port" on their own machine. */
const loopbackWithAnyPort =
  /^(https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):(?:\*|0+|\{[^}/]*\}|<[^>/]*>|any|port)(?=[/?#]|$)/i

/** Schemes that name no application to come back to: a browser would run or show them. */
const schemesWithoutApplication: readonly string[] = ["javascript:", "data:", "blob:", "file:", "about:", "vbscript:"]

/**
 * A redirect URI in the form in which MAS stores it (WHATWG serialisation: `https://a.example:443` becomes
 * `https://a.example/`; seen with MAS 1.22).
 *
 * MAS compares redirect URIs whole, except that it drops the port of a request to `localhost`, `127.0.0.1` or `[::1]`
 * and compares again: so a loopback URI stands for any port when it is registered without one (RFC 8252, section 7.3),
 * and a wildcard port, which MAS refuses as `invalid port number`, is mended to that.
 */
export function readRedirectUri(text: string): RedirectReading {
  const written = text.trim()
  const portless = written.replace(loopbackWithAnyPort, "$1")
  const why = whyNot(portless)
  if (why !== undefined) return { why }
  const url = new URL(portless)
  const note = portless === written ? noteOn(url) : noteOnAnyPort(written, url)
  return note === undefined ? { uri: url.href } : { uri: url.href, note }
}

function whyNot(text: string): string | undefined {
  // RFC 6749, section 3.1.2; an empty fragment is one, too.
  if (text.includes("#")) return "a redirect URI has no fragment (#): leave it out, the client adds its own"
  if (text.includes("*")) return "MAS knows no wildcards: every redirect URI is compared whole, so list each of them"
  if (!URL.canParse(text)) return "it is no absolute URL: MAS wants a scheme, as in https:// or com.example.app:/"
  const url = new URL(text)
  if (schemesWithoutApplication.includes(url.protocol)) return `${url.protocol} leads to no application`
  if (url.username || url.password) return "a redirect URI carries no user name or password"
  return undefined
}

function noteOnAnyPort(written: string, url: URL): string {
  return `${written} is registered as ${url.href}: without a port MAS accepts every port of ${url.hostname}, and of no other name for this machine`
}

function noteOn(url: URL): string | undefined {
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined
  if (!loopbackHosts.includes(url.hostname)) {
    return url.protocol === "http:" ? `${url.href} is plain http: log-in codes travel to it in the clear` : undefined
  }
  return url.port ? `${url.href} is accepted on port ${url.port} only; leave the port out for any port` : undefined
}
