import type { Host } from "../host/host.ts"
import { quoted } from "../report/quoted.ts"
import {
  type BootFile,
  type BootPlaces,
  type BootStart,
  bootFilesOf,
  bootWords,
  usualBootPlaces,
  wantedBy,
} from "./boot-start.ts"
import { bootGone } from "./switch-boot.ts"
import { quote } from "./switch-script.ts"
import { inSwitch } from "./switch-state.ts"

/**
 * Puts the file in its place that lets the switch act at boot, and enables it; to be called before anything is changed. Returns what
 * will start Synapse then: where the file cannot be enabled, `nobody`, and nothing is left of it.
 */
export async function armForBoot(host: Host, stateFolder: string, boot: BootStart): Promise<BootStart> {
  if (boot.kind !== "unit" && boot.kind !== "cron") return boot
  try {
    const text = boot.kind === "unit" ? unitText(stateFolder) : cronText(stateFolder)
    await host.write(boot.path, text, { mode: 0o644 })
    const { exitCode, stderr } = await host.exec(["sh", "-c", enable, "enable", ...bootWords(boot)])
    if (exitCode === 0) return boot
    await takeAway(host, boot)
    return { kind: "nobody", why: `systemctl enable: ${quoted(stderr.trim()) || `exit code ${exitCode}`}` }
  } catch (error) {
    await takeAway(host, boot)
    return { kind: "nobody", why: `${boot.path}: ${error instanceof Error ? error.message.split("\n")[0] : error}` }
  }
}

/** Takes away what an earlier switch of this folder left, which does nothing any more. To be called where no switch lies. */
export async function removeStaleBootFiles(
  host: Host,
  stateFolder: string,
  places: BootPlaces = usualBootPlaces,
): Promise<void> {
  for (const file of Object.values(bootFilesOf(stateFolder, places))) await takeAway(host, file)
}

async function takeAway(host: Host, file: BootFile): Promise<void> {
  const script = `limited() { shift; "$@"; }\n${bootGone}\nboot_gone "$@"`
  await host.exec(["sh", "-c", script, "gone", ...bootWords(file)])
}

/** `enable` loads what is new by itself. What it has made has to outlive a loss of power as well as the file. */
const enable = `[ $# -gt 1 ] || exit 0
systemctl enable --quiet "$2" && [ -h "$3" ] || { echo "there is no $3" >&2; exit 1; }
sync "\${3%/*}" "\${1%/*}" 2>/dev/null || sync`

/**
 * The unit of systemd. It holds no values, only where the switch lies. What it starts may be Synapse itself (synctl), which
 * must not end with it: `KillMode=process`. `$` and `%` mean something there, in a command and everywhere.
 */
function unitText(stateFolder: string): string {
  const script = inSwitch(stateFolder, "run.sh")
  return `# Of matrix-auth: there while a window is open, and taken away with it. Without its switch it does nothing.
[Unit]
Description=Dead-man's switch of matrix-auth after a restart of the machine
ConditionPathExists=${script.replaceAll("%", "%%")}
RequiresMountsFor=${unitWord(stateFolder)}
After=network-online.target docker.service docker.socket podman.service

[Service]
Type=simple
KillMode=process
ExecStart=/bin/sh ${unitWord(script).replaceAll("$", () => "$$")} boot

[Install]
WantedBy=${wantedBy}
`
}

function unitWord(word: string): string {
  return `"${word.replaceAll(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`
}

/** The line of cron: a per cent sign would be a new line there. */
function cronText(stateFolder: string): string {
  const script = quote(inSwitch(stateFolder, "run.sh")).replaceAll("%", "\\%")
  return `# Of matrix-auth: there while a window is open, and taken away with it. Without its switch it does nothing.
@reboot root [ ! -e ${script} ] || /bin/sh ${script} boot
`
}
