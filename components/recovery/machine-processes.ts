import { readdir, readFile, readlink } from "node:fs/promises"

/** A process of the operator's machine, as Linux shows it in /proc (proc(5)). */
export interface MachineProcess {
  readonly pid: number
  readonly parent: number
  /** Not for printing as a whole: somebody else's arguments may hold secrets. */
  readonly argv: readonly string[]
  /** The folder it works in; `undefined` where we may not know. */
  readonly folder: string | undefined
  readonly startedAt: Date
  /** Time on a processor so far. */
  readonly busySeconds: number
}

/** The kernel's unit of time in /proc, the same on all that Linux runs on today (USER_HZ). */
const ticksPerSecond = 100

/** `undefined` where there is no /proc: nothing can be proven of processes there. */
export async function listMachineProcesses(): Promise<readonly MachineProcess[] | undefined> {
  const bootedAt = await bootTime()
  if (bootedAt === undefined) return undefined
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map((pid) => look(pid, bootedAt)))
  return found.filter((one) => one !== undefined)
}

async function bootTime(): Promise<number | undefined> {
  const text = await readFile("/proc/stat", "utf8").catch(() => "")
  const seconds = /^btime (\d+)$/m.exec(text)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** `undefined`: it has ended, or waits only for its parent to notice that it has. */
async function look(pid: number, bootedAt: number): Promise<MachineProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8")
    // The name in parentheses may hold anything, also spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const [state, parent] = fields
    if (state === "Z" || state === "X") return undefined
    const [user, system, started] = [11, 12, 19].map((index) => Number(fields[index]) / ticksPerSecond)
    return {
      pid,
      parent: Number(parent),
      argv: (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1),
      folder: await readlink(`/proc/${pid}/cwd`).catch(() => undefined),
      startedAt: new Date(bootedAt + (started ?? 0) * 1000),
      busySeconds: (user ?? 0) + (system ?? 0),
    }
  } catch {
    return undefined
  }
}

/** A process and all that came of it, parents first. */
export function descendantsOf(root: number, processes: readonly MachineProcess[]): readonly MachineProcess[] {
  const found: MachineProcess[] = []
  const pids = new Set([root])
  for (const pid of pids) {
    for (const child of processes.filter(({ parent }) => parent === pid)) {
      pids.add(child.pid)
      found.push(child)
    }
  }
  return found
}

/** Parent, grandparent and so on. */
export function ancestorsOf(child: MachineProcess, processes: readonly MachineProcess[]): readonly MachineProcess[] {
  const parent = processes.find(({ pid }) => pid === child.parent)
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent, processes)]
}
