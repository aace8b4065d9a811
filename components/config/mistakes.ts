import { z } from "zod"
import { Refusal } from "../report/refusal.ts"
import { visible } from "../report/visible.ts"
import { type Complaint, isNothing } from "./fields.ts"
import type { Mapping } from "./raw.ts"
import { closest } from "./suggestions.ts"

/** One thing that is wrong in the config, told in full. */
export interface Mistake {
  /** As people write it: `clients[2].redirectUris[0]`. */
  readonly path: string
  /** What stands there, in words; never a secret. */
  readonly found: string
  readonly expected: string
  readonly example: string
  /** Why what was found does not do, or what to do instead. */
  readonly why?: string
}

export type Path = readonly (string | number)[]

/** Where mistakes are looked for: the config as it was given, and which of it may be shown. */
export interface Evidence {
  readonly raw: unknown
  /** Top-level keys that are stored encrypted: nothing of them is shown. */
  readonly secretKeys: ReadonlySet<string>
  /** The stack's config as it is stored, where its file is at hand. */
  readonly stored?: Mapping
}

/** Everything that zod found, in our words. `base` is where in the config the schema was applied. */
export function mistakesOf(error: z.ZodError, schema: z.ZodType, evidence: Evidence, base: Path = []): Mistake[] {
  return error.issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))]
    if (issue.code === "unrecognized_keys") {
      const known = knownKeys(schema, issue.path)
      return issue.keys.map((key) => unknownKey([...path, key], known))
    }
    if (issue.code === "custom") return [mistakeAt(path, issue.params as unknown as Complaint, evidence)]
    const isList = issue.code === "invalid_type" && issue.expected === "array"
    const complaint = isList
      ? { expected: "a list", example: "[…]" }
      : { expected: "keys with their values", example: `{${knownKeys(schema, issue.path)[0] ?? "key"}: …}` }
    return [mistakeAt(path, complaint, evidence)]
  })
}

/** A mistake at a path, with what stands there as far as it may be shown. */
export function mistakeAt(path: Path, complaint: Complaint, evidence: Evidence): Mistake {
  const found = path.reduce<unknown>(valueAt, evidence.raw)
  return { path: pathText(path), found: describe(found, isHidden(path, evidence.secretKeys)), ...complaint }
}

export function unknownKey(path: Path, known: readonly string[]): Mistake {
  const key = String(path.at(-1))
  const meant = closest(key, known)
  const why = meant === undefined ? whyNoSuchKey(key) : `did you mean ${meant}?`
  return {
    path: pathText(path),
    found: "a key that does not exist",
    expected: `one of ${known.join(", ")}`,
    example: meant ?? known[0] ?? "no key at all",
    ...(why === undefined ? {} : { why }),
  }
}

function whyNoSuchKey(key: string): string | undefined {
  if (/^secret$/i.test(key))
    return "a client's secret is kept encrypted, by its name: pulumi config set --secret --path clientSecrets.NAME"
  return /secret|password|token|uri|user/i.test(key)
    ? "credentials of Synapse, MAS and the databases are read from their own files on the host"
    : undefined
}

/** One refusal that lists them all. Nothing has been contacted by then. */
export function refusalOf(stack: string, mistakes: readonly Mistake[]): Refusal {
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`
  return new Refusal({
    code: "config/invalid",
    what: `The config of stack ${stack} has ${count}`,
    where: { file: `Pulumi.${stack}.yaml` },
    meaning: "Nothing was contacted and nothing was changed.",
    next: ["mend this and try again:", ...mistakes.map(render)].join("\n"),
  })
}

function render({ path, found, expected, example, why }: Mistake): string {
  return `  - ${path}: found ${found}${why === undefined ? "" : ` (${why})`}; expected ${expected}; for example ${example}`
}

function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    const plain = /^[A-Za-z_][\w-]*$/.test(key) ? key : JSON.stringify(key)
    return text === "" ? plain : `${text}.${plain}`
  }, "")
}

function valueAt(value: unknown, key: string | number): unknown {
  const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, key)
  return isThere ? (value as Record<string | number, unknown>)[key] : undefined
}

function isHidden(path: Path, secretKeys: ReadonlySet<string>): boolean {
  if (secretKeys.has(String(path[0]))) return true
  return path.some(
    (key) => typeof key === "string" && /secret|password|passphrase|token/i.test(key) && key !== "secretFile",
  )
}

/** A value in words, short, and without what could be a secret in it. */
function describe(found: unknown, hidden: boolean): string {
  if (isNothing(found)) return "nothing"
  if (Array.isArray(found)) return `a list of ${found.length}`
  if (typeof found === "object") return "keys with their values"
  if (hidden) return "a value that is not shown"
  const text = visible(String(found)).replace(/\/\/[^/@\s]*@/, "//[secret]@")
  return typeof found === "string" ? JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text) : text
}

/** The keys that a schema knows at a path. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const place = path.reduce<z.ZodType | undefined>(within, bare(schema))
  return place instanceof z.ZodObject ? Object.keys(place.shape) : []
}

function within(schema: z.ZodType | undefined, key: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject)
    return Object.hasOwn(schema.shape, key) ? bare(schema.shape[String(key)] as z.ZodType) : undefined
  if (schema instanceof z.ZodArray) return bare(schema.element as z.ZodType)
  return undefined
}

/** A schema without its defaults and transforms. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return bare(schema.unwrap() as z.ZodType)
  }
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema
}
