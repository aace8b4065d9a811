import { readdir, readFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { locksInWords, type StackLock } from "./lock-holder.ts"
import { backendOf, demandPulumi, pulumiFailed, runPulumi } from "./pulumi-cli.ts"
import { locksUnseen } from "./recovery-refusals.ts"

/** A stack by its short name, and the project it is of. */
export interface StackName {
  readonly project: string
  readonly stack: string
}

/** As Pulumi 3.259 writes it. What is none of these proves nobody dead. */
const lockFile = z.object({
  pid: z.int().positive(),
  username: z.string().min(1),
  hostname: z.string().min(1),
  timestamp: z.iso.datetime({ offset: true }).pipe(z.coerce.date()),
})

/**
 * The locks that lie on a stack. States in a folder are asked by looking there; any other place by handing the state back
 * as it is, which Pulumi refuses to do on a stack that is locked, and says who holds it.
 */
export async function findLocks(name: StackName): Promise<readonly StackLock[]> {
  const backend = await backendOf()
  return backend.protocol === "file:" ? locksInFolder(fileURLToPath(backend), name) : locksByRefusal(name.stack)
}

/** `.pulumi/locks/organization/PROJECT/STACK/*.json`; without organization and project in states of before 3.61. */
async function locksInFolder(folder: string, { project, stack }: StackName): Promise<readonly StackLock[]> {
  const root = join(folder, ".pulumi/locks")
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (isNothingThere(error)) return []
    throw locksUnseen(root, error)
  })
  const ofStack = entries.filter(({ name, parentPath }) => {
    const isOfProject = basename(dirname(parentPath)) === project || dirname(parentPath) === root
    return name.endsWith(".json") && basename(parentPath) === stack && isOfProject
  })
  const locks = await Promise.all(ofStack.map(({ name, parentPath }) => readLock(join(parentPath, name))))
  return locks.filter((lock) => lock !== undefined)
}

/** `undefined`: its holder took it away meanwhile. One that is empty or odd does not tell who holds it: nobody can look. */
async function readLock(path: string): Promise<StackLock | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => (isNothingThere(error) ? undefined : ""))
  if (text === undefined) return undefined
  const read = lockFile.safeParse(parseJson(text))
  if (!read.success)
    return { pid: 0, username: "somebody", hostname: `${path}, which cannot be read`, takenAt: new Date(0) }
  const { timestamp, ...holder } = read.data
  return { ...holder, takenAt: timestamp }
}

function isNothingThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT"
}

/** Without the parser's own error, which quotes what it was given. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function locksByRefusal(stack: string): Promise<readonly StackLock[]> {
  const state = await demandPulumi(stack, ["stack", "export"])
  const words = ["stack", "import"]
  const finished = await runPulumi(stack, words, state)
  if (finished.exitCode === 0) return []
  const locks = locksInWords(finished.stderr + finished.stdout)
  if (locks === undefined) throw pulumiFailed(stack, words, finished)
  return locks.length > 0
    ? locks
    : [{ pid: 0, username: "somebody", hostname: "a lock on another machine", takenAt: new Date(0) }]
}

/** Takes all locks of a stack away. Only for who has proven that their holders are dead. */
export async function removeLocks({ stack }: StackName): Promise<void> {
  await demandPulumi(stack, ["cancel", "--yes"])
}
