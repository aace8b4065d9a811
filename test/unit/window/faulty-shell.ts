import assert from "node:assert/strict"
import { access, chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { localHost as host } from "../../../components/host/local-host.ts"

/** A shell that the switch has to run under. */
export interface Shell {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
}

const known: readonly Shell[] = [
  { name: "dash", argv: ["dash"] },
  { name: "bash", argv: ["bash", "--posix"] },
  { name: "busybox sh", argv: ["busybox", "sh"] },
]

/** Those that this machine has; `sh` itself is one of them everywhere. */
export async function findShells(): Promise<readonly Shell[]> {
  const found = await Promise.all(
    known.map(async (shell) => ((await pathOf(shell.argv[0])) === undefined ? [] : [shell])),
  )
  const shells = found.flat()
  return shells.length > 0 ? shells : [{ name: "sh", argv: ["sh"] }]
}

async function pathOf(program: string): Promise<string | undefined> {
  for (const folder of ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]) {
    const path = join(folder, program)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return undefined
}

/**
 * - `fails`: it does nothing and ends with 1. `torn`: it leaves an empty file, as on a full disk, and ends with 1.
 * - `half`: it does its work and ends with 1 all the same. `lies`: it does nothing and ends with 0.
 */
export type FaultKind = "fails" | "torn" | "half" | "lies"

/** What happens to the calls of programs, counted from 1 in the order in which they are made. */
export interface Fault {
  readonly kind: FaultKind
  readonly at: number
  /** Only this one, or from then on each call of that program. */
  readonly lasts: boolean
  readonly program: string
}

/** One call of a program, as it was made. */
export interface Call {
  readonly index: number
  readonly program: string
}

/** Which of its own names stands for whom, and how it is told what to do: files, read with builtins only. */
const wrapper = (real: string) => `#!/bin/sh
n=0
read -r n 2>/dev/null <"$FAULTS/count"
n=$((n + 1))
echo $n >"$FAULTS/count"
name=\${0##*/}
echo "$n $name" >>"$FAULTS/calls"
kind= at= lasts= program=
read -r kind at lasts program 2>/dev/null <"$FAULTS/fault"
if [ -n "$kind" ] && { [ "$n" = "$at" ] || { [ "$lasts" = true ] && [ "$n" -ge "$at" ] && [ "$name" = "$program" ]; }; }; then
  for last in "$@"; do :; done
  case $kind in
    torn) : >"$last"; exit 1 ;;
    half) ${real} "$@"; exit 1 ;;
    lies) exit 0 ;;
    *) exit 1 ;;
  esac
fi
exec ${real} "$@"
`

/** A PATH on which every program of a script can be made to fail at each of its calls. */
export interface FaultyPath {
  run(
    shell: Shell,
    argv: readonly string[],
    fault?: Fault,
  ): Promise<{ readonly exitCode: number; readonly stderr: string }>
  /** The calls of the last run. */
  calls(): Promise<readonly Call[]>
}

/**
 * @param script its words name the programs: whatever is one on this machine gets a stand-in, but for shells.
 * @param own programs of the test's, by name; `sleep` takes no time.
 */
export async function faultyPath(
  folder: string,
  script: string,
  own: Readonly<Record<string, string>>,
): Promise<FaultyPath> {
  const [bin, real, faults] = ["bin", "real", "faults"].map((name) => join(folder, name)) as [string, string, string]
  for (const one of [bin, real, faults]) await mkdir(one, { recursive: true })
  for (const name of new Set(script.match(/[a-z][a-z0-9_-]+/g))) {
    const path = own[name] === undefined ? await pathOf(name) : undefined
    if (path !== undefined && !builtins.has(name)) await install(join(bin, name), wrapper(path))
  }
  for (const [name, text] of Object.entries({ sleep: "#!/bin/sh\nexit 0\n", ...own })) {
    await install(join(real, name), text)
    await install(join(bin, name), wrapper(join(real, name)))
  }
  return {
    async run(shell, argv, fault) {
      const told = fault === undefined ? "" : `${fault.kind} ${fault.at} ${fault.lasts} ${fault.program}\n`
      await writeFile(join(faults, "fault"), told)
      await writeFile(join(faults, "count"), "0\n")
      await writeFile(join(faults, "calls"), "")
      const [program, ...words] = shell.argv
      const absolute = await pathOf(program)
      assert.ok(absolute)
      return host.exec(["env", "-i", `PATH=${bin}`, `FAULTS=${faults}`, absolute, ...words, ...argv], {
        timeoutSeconds: 120,
      })
    },
    async calls() {
      const lines = (await readFile(join(faults, "calls"), "utf8")).split("\n").filter(Boolean)
      return lines.map((line) => ({ index: Number(line.split(" ")[0]), program: String(line.split(" ")[1]) }))
    },
  }
}

/** What a POSIX shell does itself, or what would not be the switch any more. */
const builtins = new Set(["test", "printf", "echo", "kill", "pwd", "sh", "read", "command"])

async function install(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}
