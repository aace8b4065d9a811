import { undetermined } from "../host/undetermined.ts"

/** What a connection URI says of itself; what it leaves out is unset. */
export interface SqlxUri {
  readonly host?: string
  /** Folder of a Unix socket: it counts more than the host. */
  readonly socket?: string
  readonly port?: number
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly options?: string
  readonly sslMode?: string
}

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

/**
 * A connection URI as MAS reads it (sqlx-postgres 0.8 `options/parse.rs`; each rule seen with MAS 1.22.0): a WHATWG URL
 * of any scheme, then its query, where the later one wins. A `%` that begins no escape is itself.
 * Throws `database/undetermined` for what MAS would not start with.
 */
export function readSqlxUri(text: string, keyPath: string): SqlxUri {
  const url = parse(text, keyPath)
  const decode = (part: string) => percentDecoded(part, keyPath)
  const hostname = url.hostname
  const isSocket = hostname !== "" && decode(hostname).startsWith("/")
  const path = url.pathname.replace(/^\/+/, "")
  return withQuery(
    {
      ...(hostname === "" ? {} : isSocket ? { socket: decode(hostname) } : { host: withoutBrackets(hostname) }),
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      ...(url.username === "" ? {} : { user: decode(url.username) }),
      ...(url.password === "" ? {} : { password: decode(url.password) }),
      // `postgresql:name` has no authority, and what stands there is no database.
      ...(path === "" || !/^[^:]*:\s*\//.test(text) ? {} : { database: decode(path) }),
    },
    url.searchParams,
    keyPath,
  )
}

/** IPv6 is written in brackets, and connected to without. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1")
}

function withQuery(uri: SqlxUri, query: URLSearchParams, keyPath: string): SqlxUri {
  let known: SqlxUri = uri
  for (const [key, value] of query) known = { ...known, ...said(key, value, known, keyPath) }
  return known
}

function said(key: string, value: string, before: SqlxUri, keyPath: string): SqlxUri {
  switch (key) {
    case "host":
      return value.startsWith("/") ? { socket: value } : { host: value }
    case "hostaddr":
      return { host: value }
    case "port":
      if (!/^\+?\d+$/.test(value) || Number(value) > 65535) throw wouldNotStart(keyPath)
      return { port: Number(value) }
    case "dbname":
      return { database: value }
    case "user":
      return { user: value }
    case "password":
      return { password: value }
    case "sslmode":
    case "ssl-mode":
      if (!sslModes.includes(value.toLowerCase())) throw wouldNotStart(keyPath)
      return { sslMode: value.toLowerCase() }
    case "options":
      return { options: before.options === undefined ? value : `${before.options} ${value}` }
    default:
      if (!/^options\[.*\]$/.test(key)) return {}
      return { options: `${before.options ?? ""} -c ${key.slice("options[".length, -1)}=${value}`.trim() }
  }
}

function parse(text: string, keyPath: string): URL {
  try {
    return new URL(text)
  } catch {
    // The parser's own error quotes the URI, and there is a password in it.
    throw wouldNotStart(keyPath)
  }
}

function percentDecoded(text: string, keyPath: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})|[^%]+|%/gi, (part, code?: string) =>
    code === undefined ? Buffer.from(part).toString("latin1") : String.fromCharCode(Number.parseInt(code, 16)),
  )
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, "latin1"))
  } catch {
    throw wouldNotStart(keyPath)
  }
}

function wouldNotStart(keyPath: string) {
  return undetermined({
    keyPath,
    what: "MAS cannot read the address of its database, and would not start with it",
    next: "Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE; in user and password, escape what is no letter or digit (`%40` for `@`).",
  })
}
