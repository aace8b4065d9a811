import type { z } from "zod"
import type { ClientSettings } from "./clients.ts"
import type { sections } from "./schema.ts"

type DeepReadonly<T> = T extends readonly unknown[] | object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/**
 * What the program goes by: every key checked, every default filled in, every address in the form in which MAS and
 * clients compare it. Holds no secret. What the keys mean stands beside them in schema.ts and clients.ts.
 */
export type Settings = DeepReadonly<z.output<ReturnType<typeof sections>> & { clients: readonly ClientSettings[] }>

export type SynapseSettings = Settings["synapse"]
export type MasSettings = Settings["mas"]
export type DatabasesSettings = Settings["databases"]
export type WellKnownSettings = Settings["wellKnown"]
export type ElementSettings = Settings["element"]
export type StagingSettings = NonNullable<Settings["staging"]>
export type Authentication = Settings["authentication"]
