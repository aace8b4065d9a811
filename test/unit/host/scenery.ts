import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { TestContext } from "node:test"
import type { RefusalCode } from "../../../components/report/codes.ts"
import { Refusal } from "../../../components/report/refusal.ts"

/** A folder that anyone may enter and that is gone after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "host-room-"))
  await chmod(folder, 0o755)
  t.after(async () => {
    await chmod(folder, 0o755)
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

/** Awaits the refusal of that code, and hands it over. */
export async function refusal(work: Promise<unknown>, code: RefusalCode): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Refusal)) throw new assert.AssertionError({ message: `no refusal, but: ${String(error)}` })
  assert.equal(error.code, code, error.message)
  return error
}

export interface Program {
  readonly process: ChildProcess
  /** Waits for the next line that it prints. */
  line(): Promise<string>
  /** Waits for its end: exit code, or the signal's name. */
  end(): Promise<number | string>
}

/** Runs one of `programs/`, and ends it with the test. */
export function startProgram(t: TestContext, name: string, argv: readonly string[]): Program {
  const path = join(import.meta.dirname, "programs", `${name}.ts`)
  const child = spawn(process.execPath, [path, ...argv], { stdio: ["ignore", "pipe", "inherit"] })
  t.after(() => child.kill("SIGKILL"))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = once(child, "exit")
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next()
      assert.ok(!done, `${name} ended before it printed a line`)
      return value
    },
    async end() {
      const [code, signal] = await ended
      return code ?? signal
    },
  }
}
