import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { execa } from "execa"
import { compileCache } from "../offline/toolchain/toolchain.ts"
import { checkout } from "./tests.ts"

/** What became of one test file. */
export interface FileResult {
  /** Path below the checkout. */
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

export interface TestRun {
  readonly isGreen: boolean
  readonly seconds: number
  readonly files: readonly FileResult[]
}

export interface TestOptions {
  /** How many files run side by side. */
  readonly concurrency: number
  /** Laid over this process's environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** After so many seconds the run is asked to end. Default: never. */
  readonly limitSeconds?: number
}

/** Runs test files in the order given. What node's runner reports of them goes to this process's output. */
export async function runTests(files: readonly string[], options: TestOptions): Promise<TestRun> {
  const { concurrency, environment = {}, limitSeconds = 0 } = options
  const folder = await mkdtemp(join(tmpdir(), "matrix-auth-counts-"))
  const counts = join(folder, "counts")
  const begun = performance.now()
  try {
    const { exitCode } = await execa(
      process.execPath,
      [join(import.meta.dirname, "runner.ts"), counts, String(concurrency), ...files],
      {
        cwd: checkout,
        env: { NODE_COMPILE_CACHE: compileCache, ...environment },
        stdio: ["ignore", "inherit", "inherit"],
        reject: false,
        timeout: limitSeconds * 1000,
        forceKillAfterDelay: 120_000,
      },
    )
    const lines = (await readFile(counts, "utf8").catch(() => "")).split("\n").filter(Boolean)
    const results = lines.map((line) => JSON.parse(line) as FileResult)
    const named = results.map((result) => ({ ...result, file: relative(checkout, result.file) }))
    return { isGreen: exitCode === 0, seconds: (performance.now() - begun) / 1000, files: named }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function countOf(files: readonly FileResult[]): Pick<FileResult, "passed" | "failed" | "skipped" | "seconds"> {
  const sum = (pick: (one: FileResult) => number) => files.reduce((total, one) => total + pick(one), 0)
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    seconds: sum(({ seconds }) => seconds),
  }
}
