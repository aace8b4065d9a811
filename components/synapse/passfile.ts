/** Whom a password is looked up for. Host: as the service's config has it, `localhost` for the usual socket. */
export interface PasswordOwner {
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
}

/** The first line of a password file that fits (PostgreSQL 17 documentation, 34.16); `undefined` where none does. */
export function passwordIn(passfile: string, { host, port, database, user }: PasswordOwner): string | undefined {
  for (const line of passfile.split(/\r?\n/).filter((text) => !text.startsWith("#"))) {
    const fields = [...line.matchAll(/((?:[^:\\]|\\.)*)(?::|$)/g)].map(([, field = ""]) => field)
    const own = [host, port, database, user]
    const fits = own.every((name, at) => fields[at] === "*" || unescaped(fields[at]) === name)
    // It ends at a colon that is not escaped (libpq, `passwordFromFile`).
    if (fits && fields.length > own.length) return unescaped(fields[own.length])
  }
  return undefined
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/g, "$1")
}
