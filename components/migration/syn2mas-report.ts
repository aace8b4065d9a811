/** What `mas-cli syn2mas check` found. Its texts and exit codes: seen with MAS 1.22.0. */
export interface Syn2MasReport {
  /** Each stops a migration: exit code 10. */
  readonly errors: readonly string[]
  /** `check` stops at these with exit code 11; `migrate` passes over them without a word. */
  readonly warnings: readonly Syn2MasWarning[]
}

export interface Syn2MasWarning {
  /** The name by which the operator acknowledges it in config. */
  readonly name: WarningName
  /** How many rows it is about; 1 where it is about a setting. */
  readonly count: number
  readonly text: string
}

const warningTexts = {
  "registration-enabled": /registration enabled/,
  "user-consent-enabled": /`user_consent` enabled\. /,
  "terms-of-service-missing": /`user_consent` enabled but MAS has not been configured with terms/,
  "captcha-missing": /registration CAPTCHA/,
  "external-log-in": /contains .* auth configuration which will need to be manually mapped/,
  guests: /contains (\d+) guests/,
  "phone-numbers": /contains (\d+) non-email 3PIDs/,
  "provider-missing": /contains (\d+) users associated to the OpenID Connect or OAuth2 provider/,
  "unknown-warning": /^/,
} as const satisfies Record<string, RegExp>

export type WarningName = keyof typeof warningTexts

/** The names that config may acknowledge. */
export const warningNames = Object.keys(warningTexts) as readonly WarningName[]

/** Reads the report that `syn2mas check` and `migrate` print on stderr. */
export function readSyn2MasReport(stderr: string): Syn2MasReport {
  return { errors: bulletsUnder("Errors", stderr), warnings: merged(bulletsUnder("Warnings", stderr).map(readWarning)) }
}

/** One acknowledgement stands for all warnings of a name: CAS and JWT are both `external-log-in`. */
function merged(warnings: readonly Syn2MasWarning[]): readonly Syn2MasWarning[] {
  return [...Map.groupBy(warnings, ({ name }) => name)].map(([name, alike]) => ({
    name,
    count: alike.reduce((sum, { count }) => sum + count, 0),
    text: alike.map(({ text }) => text).join(" "),
  }))
}

function bulletsUnder(title: string, stderr: string): string[] {
  const [, section = ""] = stderr.split(`===== ${title} =====`)
  const [own = ""] = section.split("=====")
  return own.split("\n").flatMap((line) => (line.startsWith("• ") ? [line.slice(2).trim()] : []))
}

function readWarning(text: string): Syn2MasWarning {
  const [name] = warningNames.filter((candidate) => warningTexts[candidate].test(text))
  const found = name && warningTexts[name].exec(text)
  return { name: name ?? "unknown-warning", count: found?.[1] === undefined ? 1 : Number(found[1]), text }
}

/**
 * The warnings that config has not acknowledged by name and count. A count that changed is a warning that nobody has
 * read: the acknowledgement no longer holds.
 */
export function unacknowledged(
  warnings: readonly Syn2MasWarning[],
  acknowledged: Readonly<Record<string, number>>,
): readonly Syn2MasWarning[] {
  return warnings.filter(({ name, count }) => acknowledged[name] !== count)
}
