/**
 * An error as mas-cli prints it: `Error: <message>`, then what caused it, outermost first. Exit code 1 unless said.
 */
export class Failure extends Error {
  override readonly name = "Failure"
  readonly causes: readonly string[]

  constructor(message: string, causes: readonly string[] = []) {
    super(message)
    this.causes = causes
  }
}

/** The same failure seen from further out. */
export function inContext(context: string, cause: unknown): Failure {
  return cause instanceof Failure
    ? new Failure(context, [cause.message, ...cause.causes])
    : new Failure(context, [messageOf(cause)])
}

/** The text on stderr. `RUST_BACKTRACE=1` adds a block that nobody should show to an operator, as the real one does. */
export function renderFailure(failure: unknown): string {
  const causes = failure instanceof Failure ? failure.causes : []
  const numbered = causes.length > 1 ? causes.map((cause, index) => `${String(index).padStart(5)}: ${cause}`) : []
  const listed = causes.length === 1 ? [`    ${causes[0]}`] : numbered
  const because = listed.length > 0 ? ["", "Caused by:", ...listed] : []
  const trace = process.env.RUST_BACKTRACE === "1" ? ["", "Stack backtrace:", "   0: mas_cli::main (stand-in)"] : []
  return `${[`Error: ${messageOf(failure)}`, ...because, ...trace].join("\n")}\n`
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
