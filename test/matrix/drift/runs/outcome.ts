import type { Kind } from "../mutators/mutator.ts"

/** What became of one hand's work on the server. */
export interface Outcome {
  readonly name: string
  readonly kind: Kind
  /** The look ended with 2, and told of the place. */
  readonly found: boolean
  /** It told file, container, database or URL, the key, old and new, each as it is. */
  readonly named: boolean
  /** `pulumi up` went through, and the next look ended with 0. */
  readonly mended: boolean
  /** Files, rows and services besides: byte for byte, row for row, and of the same start. */
  readonly foreignUntouched: boolean
  /** What is wrong, in words; empty: nothing. */
  readonly complaints: readonly string[]
  /** For look, `up` and look again; of a batch, its share. */
  readonly seconds: number
  readonly note: string
}

/** What became of one edit that means nothing to us. */
export interface HarmlessOutcome {
  readonly name: string
  readonly clean: boolean
  readonly complaints: readonly string[]
}
