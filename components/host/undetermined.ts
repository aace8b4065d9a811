import { Refusal } from "../report/refusal.ts"

/** What of a service's config does not say for certain which database it opens, or as whom. */
export interface Undetermined {
  /** In the service's config. @example "database.args.service" */
  readonly keyPath: string
  /** One sentence, without a full stop and without the value. */
  readonly what: string
  /** What to write there. */
  readonly next: string
}

/**
 * The refusal to guess: another database might be opened than the service's own, or the same one as somebody else.
 * Nothing of the value is shown, since it may be a password or hold one.
 */
export function undetermined({ keyPath, what, next }: Undetermined): Refusal {
  return new Refusal({
    code: "database/undetermined",
    what,
    where: { keyPath },
    meaning: "Nothing was read and nothing was changed: a database that is guessed may be another one.",
    next: `${next} Then try again.`,
  })
}

/** `PG*` and the like of a service, as far as they are known; `undefined`: nobody knows them. */
export type KnownEnvironment = Readonly<Record<string, string>> | undefined

/**
 * Refuses settings of a session (`options` of libpq) that show other tables or make it somebody else's: those that read
 * this database would not see what the service sees.
 */
export function refuseOptions(options: string | undefined, keyPath: string): void {
  if (options === undefined || !/search[-_]path|role|session[-_]authorization/i.test(options)) return
  throw undetermined({
    keyPath,
    what: "The options of the service's session choose other tables or another role than its user has",
    next: "Give the role these settings (ALTER ROLE … SET …) in place of the options.",
  })
}
