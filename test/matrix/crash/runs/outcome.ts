/** What became of one run. */
export interface Outcome {
  readonly point: string
  readonly fault: string
  /** What was wrong; empty: it survived. */
  readonly complaints: readonly string[]
  /** How long after the fault the server was back for good; 0: it never went away. `null`: it did not come back. */
  readonly servedAfterSeconds: number | null
  /** How much is gone of what people have, by kind; empty: nothing. */
  readonly lost: Readonly<Record<string, number>>
  /** When it had ended, in ISO 8601. */
  readonly ranAt: string
  readonly note: string
  /** All that was printed on the way, for whoever has to find out why. */
  readonly transcript: string
}
