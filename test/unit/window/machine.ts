import { copyFile, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { execa } from "execa"
import { localHost as host } from "../../../components/host/local-host.ts"
import type { BootPlaces } from "../../../components/window/boot-start.ts"
import { inSwitch, readWatcher } from "../../../components/window/switch-state.ts"
import { bootPlacesIn, type World, world } from "./world.ts"

/** What the machine of a test has that does something at boot. */
export type Boots = "systemd" | "cron" | "nothing"

export interface Machine extends World {
  /** Files and links that let something happen at boot, sorted. */
  armed(): Promise<readonly string[]>
  /** What was told to `systemctl`, a line each. */
  toldSystemctl(): Promise<readonly string[]>
  /** Loses its power: the switch is gone, and the boot is another one from then on. */
  losePower(): Promise<void>
  /** Boots: runs what is enabled, as systemd and cron do it, with the bare environment of a boot. Says what it ran. */
  startUp(): Promise<readonly string[]>
}

/** A world on a machine with such a boot. The stand-in for `systemctl` and what it keeps: `fixtures/systemctl`. */
export async function machine(t: TestContext, boots: Boots, stateFolder?: string): Promise<Machine> {
  const given = await world(t)
  const folder = join(given.folder, "machine")
  const places = bootPlacesIn(folder)
  await mkdir(folder)
  if (boots === "systemd") await withSystemd(folder, places)
  if (boots === "cron") await withCron(places)
  const own = {
    ...given,
    boot: places,
    ...(stateFolder === undefined ? {} : { stateFolder: join(given.folder, stateFolder) }),
  }
  await mkdir(own.stateFolder, { recursive: true })
  return {
    ...own,
    armed: () => namesBelow(folder),
    toldSystemctl: async () =>
      ((await host.readIfPresent(join(folder, "told-systemctl"))) ?? "").split("\n").filter(Boolean),
    losePower: () => losePower(own.stateFolder),
    startUp: async () => [...(await bootBySystemd(places)), ...(await bootByCron(places))],
  }
}

async function withSystemd(folder: string, { systemd, units }: BootPlaces): Promise<void> {
  for (const one of [systemd, units, join(folder, "bin")]) await mkdir(one)
  const standIn = await readFile(join(import.meta.dirname, "fixtures/systemctl"), "utf8")
  const path = join(folder, "bin", "systemctl")
  await copyFile(join(import.meta.dirname, "fixtures/systemctl"), path)
  await writeFile(path, standIn.replace("units=$STAND_IN", `STAND_IN='${folder}'\nunits=$STAND_IN`))
  // One machine a process: it is the environment of all of us.
  process.env.PATH = `${join(folder, "bin")}:${process.env.PATH}`
}

async function withCron({ cron, cronPid }: BootPlaces): Promise<void> {
  await mkdir(cron)
  await writeFile(cronPid, `${process.pid}\n`)
}

async function namesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const own = entries.filter(({ name }) => name.startsWith("matrix-auth-"))
  return own.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort()
}

async function losePower(stateFolder: string): Promise<void> {
  const watcher = await readWatcher(host, stateFolder)
  if (watcher === undefined) throw new Error("no switch watches")
  process.kill(Number(watcher.pid), "SIGKILL")
  const before = `${watcher.pid} ${watcher.startedAt} 00000000-0000-0000-0000-000000000000\n`
  await writeFile(inSwitch(stateFolder, "watcher"), before)
}

/** The environment that systemd and cron give to what they start: none of anybody's shell. */
const bare = {
  env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  extendEnv: false,
  cwd: "/",
  reject: false,
  timeout: 30_000,
} as const

async function bootBySystemd({ units }: BootPlaces): Promise<readonly string[]> {
  const wants = join(units, "multi-user.target.wants")
  const ran: string[] = []
  for (const name of await readdir(wants).catch(() => [])) {
    const text = await readFile(await readlink(join(wants, name)), "utf8").catch(() => "")
    const setting = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1] ?? ""
    const isThere = await stat(unescaped(setting("ConditionPathExists"))).catch(() => undefined)
    if (isThere === undefined) continue
    const [program = "", ...rest] = wordsOfUnit(setting("ExecStart"))
    ran.push(name)
    await execa(program, rest, bare)
  }
  return ran
}

/** systemd's own quoting of a command line, as far as we use it: `"`, backslashes in it, `%%` and `$$` (systemd.service(5)). */
function wordsOfUnit(line: string): readonly string[] {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain)
  const wrong = words.find((word) => /(?<![$])(?:[$]{2})*[$](?![$])/.test(word))
  if (wrong !== undefined) throw new Error(`systemd would take ${wrong} for a variable`)
  return words.map((word) => unescaped(word.replaceAll(/\\(.)/g, "$1")).replaceAll("$$", () => "$"))
}

function unescaped(text: string): string {
  const lone = text.replaceAll("%%", "")
  if (lone.includes("%")) throw new Error(`systemd would take a % of ${text} for a specifier`)
  return text.replaceAll("%%", "%")
}

/** A line of /etc/cron.d names a user; `%` ends the command unless it is escaped (crontab(5)). */
async function bootByCron({ cron }: BootPlaces): Promise<readonly string[]> {
  const ran: string[] = []
  for (const name of (await readdir(cron).catch(() => [])).filter((one) => /^[\w-]+$/.test(one))) {
    for (const line of (await readFile(join(cron, name), "utf8")).split("\n")) {
      const command = /^@reboot +root +(.*)$/.exec(line)?.[1]
      if (command === undefined) continue
      const [first = ""] = command.split(/(?<!\\)%/)
      ran.push(name)
      await execa("/bin/sh", ["-c", first.replaceAll("\\%", "%")], bare)
    }
  }
  return ran
}
