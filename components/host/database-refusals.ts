import pg from "pg"
import type { RefusalCode } from "../report/codes.ts"
import { type Place, Refusal } from "../report/refusal.ts"

interface Words {
  readonly code: RefusalCode
  readonly what: string
  readonly next: string
}

/** Whom we tried to become, and where. */
export interface Attempt {
  readonly host: string
  readonly user: string
  readonly database: string
}

/** By SQLSTATE (PostgreSQL documentation, appendix A). */
function wordsOfConnecting({ user, database }: Attempt): Readonly<Record<string, Words>> {
  const password = {
    code: "database/password-refused",
    what: `The database server does not let ${user} in with that password`,
    next: "Give the password that the service itself uses (its configuration or environment has it).",
  } as const
  return {
    "28P01": password,
    "28000": {
      ...password,
      what: `The database server does not let ${user} into ${database} from here`,
      next: "Check that the role exists, may log in, and that pg_hba.conf lets it in from here.",
    },
    "3D000": {
      code: "database/missing",
      what: `There is no database ${database}`,
      next: "Give the name that the service itself uses (`psql -l` lists those that are there).",
    },
    "42501": {
      code: "database/lacks-rights",
      what: `${user} may not connect to the database ${database}`,
      next: `Give the role that right: GRANT CONNECT ON DATABASE ${database} TO ${user}.`,
    },
    "53300": {
      code: "database/unreachable",
      what: "The database server has no connection to spare",
      next: "Free some (max_connections, the pools of the services), then run again.",
    },
    "57P03": {
      code: "database/unreachable",
      what: "The database server is starting up or shutting down",
      next: "Wait until it serves, then run again.",
    },
  }
}

const meaning = "Nothing was read and nothing was changed."

/** Why a session could not begin. Refusals, such as `host/unreachable`, become `database/unreachable`. */
export function refuseConnecting(cause: unknown, attempt: Attempt): unknown {
  const where = { host: attempt.host, database: attempt.database }
  const words = wordsOfConnecting(attempt)
  const known = cause instanceof pg.DatabaseError ? words[cause.code ?? ""] : undefined
  if (known) return new Refusal({ ...known, where, meaning, cause })
  if (!(cause instanceof Error)) return cause
  // The server wants a password and we have none.
  if (/client password must be/.test(cause.message)) {
    const what = `The database server asks ${attempt.user} for a password and none is given`
    const next = "Give the password that the service itself uses (its configuration or environment has it)."
    return new Refusal({ code: "database/password-refused", what, where, meaning, next, cause })
  }
  const said = cause instanceof Refusal ? cause.what : cause.message
  return new Refusal({
    code: "database/unreachable",
    what: `The database ${attempt.database} cannot be reached: ${said}`,
    where,
    meaning,
    next: "Check that the database server runs, and its address and port.",
    cause,
  })
}

/**
 * Why a statement failed. Only the server's primary message is shown: its details quote rows, and those may hold
 * secrets. So the server's error does not go along as the cause.
 */
export function refuseQuery(cause: unknown, where: Place): unknown {
  // Class 57 with a P: the server ends sessions, crashed, or is starting up.
  if (!(cause instanceof pg.DatabaseError) || cause.code?.startsWith("57P")) return brokenSession(cause, where)
  const notDone = "The statement had no effect."
  const said = cause.message
  switch (cause.code) {
    case "42P01": {
      const next =
        "Check that this is the right database, and that the service has set it up in a version that we know."
      return new Refusal({
        code: "database/table-missing",
        what: `A table is missing: ${said}`,
        where,
        meaning: notDone,
        next,
      })
    }
    case "42501": {
      const next = "Give the role that the service itself uses."
      return new Refusal({
        code: "database/lacks-rights",
        what: `The role lacks a right: ${said}`,
        where,
        meaning: notDone,
        next,
      })
    }
    default: {
      const what = `The database refused a statement (SQLSTATE ${cause.code}): ${said}`
      const next = "Look into the database server's log; if it says nothing of use, report this as a bug."
      return new Refusal({ code: "database/query-failed", what, where, meaning: notDone, next })
    }
  }
}

function brokenSession(cause: unknown, where: Place): unknown {
  if (!(cause instanceof Error) || cause instanceof Refusal) return cause
  if (!/terminat(ed|ing)|shut(ting)? down|starting up|crash|not queryable|ECONNRESET|EPIPE|closed/i.test(cause.message))
    return cause
  return new Refusal({
    code: "database/unreachable",
    what: `The session with the database broke off: ${cause.message}`,
    where,
    meaning: "What the last statement changed may or may not count.",
    next: "Check that the database server runs, then run again.",
    cause,
  })
}
