import { existsSync } from "node:fs"
import { CommanderError } from "commander"
import pg from "pg"
import { commandLine } from "./command-line.ts"
import { databaseCauses } from "./database.ts"
import { Failure, renderFailure } from "./failure.ts"

/** Exit code of a command line that makes no sense. */
const usageError = 2

process.exitCode = await run(process.argv)

async function run(argv: readonly string[]): Promise<number> {
  if (existsSync(".env")) process.loadEnvFile(".env")
  let exitCode = 0
  try {
    const program = commandLine((code) => {
      exitCode = code
    })
    await program.parseAsync([...argv])
    return exitCode
  } catch (failure) {
    // Commander has told already; asking for help or the version is no error.
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : usageError
    process.stderr.write(renderFailure(inRust(failure)))
    return 1
  }
}

/** An error of Postgres that nobody put into context. */
function inRust(failure: unknown): unknown {
  if (!(failure instanceof pg.DatabaseError)) return failure
  const [outer = "", ...inner] = databaseCauses(failure)
  return new Failure(outer, inner)
}
