import { z } from "zod"
import type { Finished, Host } from "../host/host.ts"
import { openHost } from "../host/open-host.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"

/** Pulumi runs where the operator is, whatever host the services are on. */
const operator: Host = openHost({ kind: "local" })

const limitSeconds = 120

/** Runs `pulumi` on a stack, in the current folder. Resolves whatever its exit code is; its state goes in by `stdin`. */
export async function runPulumi(stack: string, words: readonly string[], stdin?: string): Promise<Finished> {
  const argv = ["pulumi", ...words, "--stack", stack, "--non-interactive", "--color", "never"] as const
  return operator.exec(argv, { timeoutSeconds: limitSeconds, ...(stdin === undefined ? {} : { stdin }) })
}

/** As {@link runPulumi}, for what must succeed. Returns what it printed. Throws `recover/pulumi-failed`. */
export async function demandPulumi(stack: string, words: readonly string[], stdin?: string): Promise<string> {
  const finished = await runPulumi(stack, words, stdin)
  if (finished.exitCode !== 0) throw pulumiFailed(stack, words, finished)
  return finished.stdout
}

/** `stack`: empty for a command that is about none. */
export function pulumiFailed(stack: string, words: readonly string[], { exitCode, stderr, stdout }: Finished): Refusal {
  const said = quoted(stderr.trim() || stdout.trim())
    .split("\n")
    .slice(-5)
    .join(" ")
  return new Refusal({
    code: "recover/pulumi-failed",
    what: `\`${["pulumi", ...words, ...(stack === "" ? [] : ["--stack", stack])].join(" ")}\` ended with exit code ${exitCode}: ${said}`,
    meaning: "What was found up to here is said above; this step was not done.",
    next: "Mend what Pulumi names (the stack's name, its passphrase, where its state is kept); then run this again.",
  })
}

/** Where the states of stacks are kept. @example "file:///srv/pulumi" */
export async function backendOf(): Promise<URL> {
  const words = ["whoami", "--verbose", "--json"] as const
  const finished = await operator.exec(["pulumi", ...words, "--non-interactive"], { timeoutSeconds: limitSeconds })
  if (finished.exitCode !== 0) throw pulumiFailed("", words, finished)
  const { url } = printed(z.object({ url: z.string() }), "", words, finished)
  if (URL.canParse(url)) return new URL(url)
  throw pulumiFailed("", words, { ...finished, stderr: `it names no place that can be read: ${url}` })
}

/** What a command printed, as JSON. Throws `recover/pulumi-failed` where it is something else. */
export function printed<T>(schema: z.ZodType<T>, stack: string, words: readonly string[], finished: Finished): T {
  const read = schema.safeParse(parseJson(finished.stdout))
  if (read.success) return read.data
  throw pulumiFailed(stack, words, { ...finished, stderr: "it printed something else than expected", stdout: "" })
}

/** Without the parser's own error, which quotes what it was given. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
