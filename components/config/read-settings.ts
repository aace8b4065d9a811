import { z } from "zod"
import { readClients } from "./client-checks.ts"
import { crossChecks } from "./cross-checks.ts"
import { textOf } from "./fields.ts"
import { type Evidence, type Mistake, mistakeAt, mistakesOf, refusalOf } from "./mistakes.ts"
import { isMapping, type Mapping, overlay } from "./raw.ts"
import { sections } from "./schema.ts"
import type { Settings, StagingSettings } from "./settings.ts"

export interface SettingsContext {
  readonly stack: string
  /** Top-level keys with something encrypted in them, without namespace: see `decodeConfig`. */
  readonly secretKeys: ReadonlySet<string>
  /**
   * This project's part of `Pulumi.<stack>.yaml` as it is stored (keys without namespace, `{secure: …}` where
   * encrypted), where the file is at hand: it tells a secret in the clear beside an encrypted one, which the engine's
   * list of keys cannot.
   */
  readonly stored?: Mapping
  /** What the staging stack brings by itself (containers, paths, addresses), in the shape of the config; the config's own word counts more. */
  readonly stagingPlaces?: (staging: StagingSettings, stack: string) => Mapping
}

/**
 * Reads the config, all of it, before anything is contacted. Throws one `config/invalid` that lists every mistake with
 * its path, what was found, what is expected and an example. `notes` are the small things that were mended, in plain
 * words, for people to see.
 */
export function readSettings(
  given: unknown,
  context: SettingsContext,
): { readonly settings: Settings; readonly notes: readonly string[] } {
  const notes: string[] = []
  const { settings, mistakes } = judge(given, context, (text) => notes.push(text))
  if (settings === undefined || mistakes.length > 0) throw refusalOf(context.stack, mistakes)
  return { settings, notes: [...new Set(notes)] }
}

function judge(given: unknown, context: SettingsContext, note: (text: string) => void) {
  const evidence = (raw: unknown): Evidence => ({
    raw,
    secretKeys: context.secretKeys,
    ...(context.stored === undefined ? {} : { stored: context.stored }),
  })
  if (!isMapping(given)) {
    const complaint = { expected: "keys with their values", example: "{authentication: legacy, …}" }
    return { settings: undefined, mistakes: [mistakeAt([], complaint, evidence(given))] }
  }
  const raw = withStaging(withoutEmpty(given), context)
  const { clients: _, clientSecrets: __, ...rest } = raw
  const lab = textOf(raw.lab) === "true"
  const serverName = typeof raw.serverName === "string" ? raw.serverName : undefined
  const schema = sections({ lab, serverName, note, stack: context.stack })
  const reading = schema.safeParse(rest)
  const { clients, mistakes } = readClients(raw, { stack: context.stack, lab, note, evidence: evidence(raw) })
  const all: Mistake[] = [
    ...(reading.error ? mistakesOf(reading.error, schema.extend(beside), evidence(raw)) : []),
    ...crossChecks(raw, evidence(raw)),
    ...mistakes,
  ]
  return {
    settings: reading.data === undefined ? undefined : { ...reading.data, clients },
    mistakes: inOrder(all, Object.keys({ ...schema.shape, ...beside })),
  }
}

/** Keys that are read by themselves (client-checks.ts), so that unknown keys beside them are told all that exist. */
const beside = { clients: z.unknown(), clientSecrets: z.unknown() }

/** Section by section, as the schema has them, whichever check found what. */
function inOrder(mistakes: readonly Mistake[], keys: readonly string[]): Mistake[] {
  const place = ({ path }: Mistake) => {
    const index = keys.findIndex((key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`))
    return index === -1 ? keys.length : index
  }
  return mistakes.toSorted((one, other) => place(one) - place(other))
}

/** Pulumi.yaml gives every section a default, so that the engine asks for none: an empty one is none. */
function withoutEmpty(raw: Mapping): Mapping {
  const isEmpty = (value: unknown) => isMapping(value) && Object.keys(value).length === 0
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => !isEmpty(value)))
}

function withStaging(raw: Mapping, { stack, stagingPlaces }: SettingsContext): Mapping {
  const shape = sections({ lab: true, serverName: undefined, note: () => {} }).shape.staging
  const staging = shape.safeParse(raw.staging).data
  return staging === undefined || stagingPlaces === undefined ? raw : overlay(stagingPlaces(staging, stack), raw)
}
