import { readdir, readFile } from "node:fs/promises"
import { inSwitch } from "../../components/window/switch-state.ts"
import type { Lab } from "./lab.ts"

/** A process of this machine, as /proc shows it. */
export interface Process {
  readonly pid: number
  readonly parent: number
  /** As it was started; empty for what the kernel runs by itself. */
  readonly argv: readonly string[]
}

export async function listProcesses(): Promise<readonly Process[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(names.map((name) => look(Number(name))))
  return found.filter((one) => one !== undefined)
}

/** `undefined`: it has ended meanwhile, or waits only for its parent to notice that it has. */
async function look(pid: number): Promise<Process | undefined> {
  try {
    const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readFile(`/proc/${pid}/cmdline`)])
    // The name in parentheses may hold anything; the state and the parent come after it (proc(5)).
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (state === "Z" || state === "X") return undefined
    return { pid, parent: Number(parent), argv: command.toString().split("\0").slice(0, -1) }
  } catch {
    return undefined
  }
}

/** The process and all that came of it and has not left its tree, parents first. */
export function treeOf(root: number, processes: readonly Process[]): readonly Process[] {
  const found = processes.filter(({ pid }) => pid === root)
  for (const { pid } of found) found.push(...processes.filter(({ parent }) => parent === pid))
  return found
}

/**
 * What was started in the lab's environment, wherever in the tree of processes it stands now, and the dead-man's switch, which
 * has an environment of its own.
 */
export async function processesOf({
  environment,
  places,
}: Pick<Lab, "environment" | "places">): Promise<readonly Process[]> {
  const mark = `PULUMI_BACKEND_URL=${environment.PULUMI_BACKEND_URL}`
  const script = inSwitch(places.host.stateFolder, "run.sh")
  const isMarked = async ({ pid, argv }: Process) => {
    if (argv.includes(script)) return true
    const variables = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")
    return variables.split("\0").includes(mark)
  }
  const all = await listProcesses()
  const marked = await Promise.all(all.map(isMarked))
  return all.filter((_, index) => marked[index])
}

/** Ends everything of the lab that is no container, but for this process and those that it came of: a lab's own shell may be one. */
export async function endAllOf(lab: Pick<Lab, "environment" | "places">): Promise<void> {
  const own = ancestorsOf(process.pid, await listProcesses())
  await killAll(async () => (await processesOf(lab)).filter(({ pid }) => !own.includes(pid)))
}

function ancestorsOf(pid: number, processes: readonly Process[]): readonly number[] {
  const parent = processes.find((one) => one.pid === pid)?.parent
  return parent === undefined ? [pid] : [pid, ...ancestorsOf(parent, processes)]
}

/**
 * SIGKILL to all of them at one moment: stopped first, again and again until nothing new has come, so that none sees
 * another's end and does something about it. Returns whom it ended.
 */
export async function killAll(find: () => Promise<readonly Process[]>): Promise<readonly Process[]> {
  const stopped = new Map<number, Process>()
  while (true) {
    const fresh = (await find()).filter(({ pid }) => !stopped.has(pid))
    if (fresh.length === 0) break
    for (const one of fresh) {
      stopped.set(one.pid, one)
      signal(one.pid, "SIGSTOP")
    }
  }
  for (const pid of stopped.keys()) signal(pid, "SIGKILL")
  return [...stopped.values()]
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}
