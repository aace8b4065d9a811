import { basename } from "node:path"
import { ancestorsOf, descendantsOf, type MachineProcess } from "./machine-processes.ts"

/** What an engine started and what lives on without it. */
export interface LeftOver {
  readonly pid: number
  readonly kind: "provider" | "language host" | "plugin"
  /** Itself and all that came of it, parents first. */
  readonly pids: readonly number[]
  /** What it is waiting for: programs that it runs, by name. None: it has nothing to do. */
  readonly runs: readonly string[]
  readonly busySeconds: number
}

/** The engine that a plugin serves, as Pulumi names it in its last arguments. */
const engineAddress = /^127\.0\.0\.1:\d+$/

/** What is left in this project's folder of engines that are gone. */
export function findLeftOvers(projectFolder: string, processes: readonly MachineProcess[]): readonly LeftOver[] {
  const orphans = processes.filter(
    (one) => one.folder === projectFolder && isPlugin(one) && !ancestorsOf(one, processes).some(isEngine),
  )
  const roots = orphans.filter((one) => !orphans.some(({ pid }) => pid === one.parent))
  return roots.map((root) => describe(root, processes))
}

function isEngine({ argv }: MachineProcess): boolean {
  return basename(argv[0] ?? "") === "pulumi"
}

function isPlugin({ argv }: MachineProcess): boolean {
  return argv.some((word) => engineAddress.test(word)) && argv.some((word) => /pulumi/.test(word))
}

function describe(root: MachineProcess, processes: readonly MachineProcess[]): LeftOver {
  const all = [root, ...descendantsOf(root.pid, processes)]
  const words = all.filter(isPlugin).flatMap(({ argv }) => argv)
  const isOf = (part: string) => words.some((word) => word.includes(part))
  const kind = isOf("dynamic-provider") ? "provider" : isOf("pulumi-language-") ? "language host" : "plugin"
  return {
    pid: root.pid,
    kind,
    pids: all.map(({ pid }) => pid),
    runs: all.filter((one) => !isPlugin(one)).map(({ argv }) => basename(argv[0] ?? "")),
    busySeconds: all.reduce((sum, { busySeconds }) => sum + busySeconds, 0),
  }
}
