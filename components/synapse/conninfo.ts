/** libpq's parameters by name, as one string said them. */
export type Conninfo = Readonly<Record<string, string>>

/** What `PQconninfoParse` of libpq 17 knows; any other word is refused by psycopg2. */
export const parameters: ReadonlySet<string> = new Set([
  ...["service", "user", "password", "passfile", "channel_binding", "connect_timeout", "dbname", "host", "hostaddr"],
  ...["port", "client_encoding", "options", "application_name", "fallback_application_name", "keepalives"],
  ...["keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode", "sslcompression"],
  ...["sslcert", "sslkey", "sslcertmode", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "requirepeer"],
  ...["require_auth", "ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode", "krbsrvname", "gsslib"],
  ...["gssdelegation", "replication", "target_session_attrs", "load_balance_hosts", "sslnegotiation", "requiressl"],
  ...["authtype", "tty"],
])

/**
 * A connection string as libpq reads it (PostgreSQL 17 documentation, 34.1.1): `key=value` with quotes and backslashes, or
 * a URI. `undefined` for one that it refuses.
 */
export function readConninfo(text: string): Conninfo | undefined {
  return /^postgres(ql)?:\/\//.test(text) ? readUri(text.replace(/^[^:]*:\/\//, "")) : readWords(text)
}

function readWords(text: string): Conninfo | undefined {
  const found: Record<string, string> = {}
  const word = /\s*([^=\s]+)\s*=\s*('(?:[^'\\]|\\[\s\S])*'|(?:[^\s\\']|\\[\s\S])(?:[^\s\\]|\\[\s\S])*|)(?=\s|$)/y
  for (;;) {
    if (/^\s*$/.test(text.slice(word.lastIndex))) return found
    const match = word.exec(text)
    const [, key = "", value = ""] = match ?? []
    if (!match || !parameters.has(key)) return undefined
    found[key] = (value.startsWith("'") ? value.slice(1, -1) : value).replace(/\\([\s\S])/g, "$1")
  }
}

/** `user:password@host:port,host:port/dbname?key=value`, each escaped strictly; no `+` for a blank. */
function readUri(text: string): Conninfo | undefined {
  // The first `@` before any slash ends the credentials, whatever stands in them.
  const [, who = "", rest = ""] = /^(?:([^@/]*)@)?(.*)$/s.exec(text) ?? []
  const [, places = "", path = "", query = ""] = /^([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest) ?? []
  const said = [credentials(who), hosts(places), path === "" ? {} : { dbname: unescaped(path) }]
  const parts = [...said, ...(query === "" ? [] : query.split("&").map(readParameter))]
  if (parts.some((part) => part === undefined || Object.values(part).includes(undefined))) return undefined
  return Object.assign({}, ...parts)
}

function readParameter(part: string): Conninfo | undefined {
  const [key, value, ...more] = part.split("=").map(unescaped)
  if (key === undefined || value === undefined || more.length > 0) return undefined
  // For those who know it from JDBC.
  if (key === "ssl" && value === "true") return { sslmode: "require" }
  return parameters.has(key) ? { [key]: value } : undefined
}

function credentials(text: string): Record<string, string | undefined> {
  const colon = text.indexOf(":")
  const user = colon < 0 ? text : text.slice(0, colon)
  const password = colon < 0 ? "" : text.slice(colon + 1)
  return {
    ...(user === "" ? {} : { user: unescaped(user) }),
    ...(password === "" ? {} : { password: unescaped(password) }),
  }
}

function hosts(text: string): Record<string, string | undefined> {
  const places = text.split(",").map((place) => /^(?:\[([^\]]+)\]|((?!\[)[^:]*))(?::(.*))?$/s.exec(place))
  if (places.some((place) => place === null)) return { host: undefined }
  const names = places.map((place) => place?.[1] ?? place?.[2] ?? "").join(",")
  const ports = places.map((place) => place?.[3] ?? "").join(",")
  return {
    ...(names === "" ? {} : { host: unescaped(names) }),
    ...(ports === "" ? {} : { port: unescaped(ports) }),
  }
}

function unescaped(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})|%00/i.test(text)) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
