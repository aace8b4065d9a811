import { z } from "zod"
import { digestOfSettings } from "./certificate-settings.ts"

const schema = z.object({
  /** Of this file. */
  format: z.literal(1),
  /** When everything had held, in ISO 8601. */
  at: z.iso.datetime(),
  program: z.object({
    /** See `digestOfProgram`. */
    digest: z.string(),
    /** For people: where the rehearsed code is to be found; `null`: not in git. */
    commit: z.string().nullable(),
    /** The checkout differed from its commit. */
    isDirty: z.boolean(),
  }),
  /** What the running parts said of themselves. */
  versions: z.object({ synapse: z.string(), mas: z.string() }),
  settings: z.object({ digest: z.string(), lines: z.array(z.string()) }),
  images: z.record(z.string(), z.string()),
  /** Parts that were not the real ones. */
  standIns: z.array(z.string()),
  proven: z.array(z.object({ claim: z.string(), seen: z.string() })),
  steps: z.array(z.object({ name: z.string(), seconds: z.number() })),
})

/** What a rehearsal that held leaves behind: what was rehearsed, and what was proven. Holds no secret. */
export type Certificate = Readonly<z.output<typeof schema>>

/** Reads a certificate. `why`: it is none, in words. */
export function readCertificate(text: string): Certificate | { readonly why: string } {
  const { data, error } = schema.safeParse(parsed(text))
  if (error !== undefined)
    return { why: `it is no certificate of format 1 (${error.issues[0]?.path.join(".") || "no JSON"})` }
  const isWhole = data.settings.digest === digestOfSettings(data.settings.lines)
  return isWhole ? data : { why: "its settings do not fit their digest: it was edited by hand" }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What a cutover would be made with. */
export interface ToBeRehearsed {
  readonly versions: Certificate["versions"]
  /** See `digestOfProgram`. */
  readonly program: string
  /** See `settingsThatMatter`. */
  readonly settings: readonly string[]
  readonly maxAgeDays: number
  readonly now: Date
}

/** Something that was rehearsed in another way than it is now, in words. */
export type Gap = string

const dayMilliseconds = 24 * 60 * 60 * 1000

/**
 * What a rehearsal leaves open, one line each; none: it was just this. Versions and program have to be the same. Of the
 * settings, those that are wanted now have to have been rehearsed: a lab that tried more has tried these, too.
 */
export function findGaps(certificate: Certificate, wanted: ToBeRehearsed): readonly Gap[] {
  const { versions, program, settings } = certificate
  return [
    ...ageGap(certificate, wanted),
    ...differing("Synapse", versions.synapse, wanted.versions.synapse),
    ...differing("MAS", versions.mas, wanted.versions.mas),
    ...differing("this program (components/)", program.digest.slice(0, 12), wanted.program.slice(0, 12)),
    ...wanted.settings.filter((line) => !settings.lines.includes(line)).map((line) => `not rehearsed: ${line}`),
  ]
}

function ageGap({ at }: Certificate, { now, maxAgeDays }: ToBeRehearsed): readonly Gap[] {
  const days = (now.getTime() - Date.parse(at)) / dayMilliseconds
  if (days < -1) return [`it is of ${at}, which is yet to come: a clock is wrong`]
  return days > maxAgeDays ? [`it is ${Math.floor(days)} days old; at most ${maxAgeDays} (rehearsal.maxAgeDays)`] : []
}

function differing(what: string, rehearsed: string, here: string): readonly Gap[] {
  return rehearsed === here ? [] : [`${what}: rehearsed ${rehearsed}, here it is ${here}`]
}
