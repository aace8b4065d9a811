import { createHash } from "node:crypto"
import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { engineOf, type ServiceAddress } from "../host/service-address.ts"
import { inSwitch } from "./switch-state.ts"

/** Where this machine keeps what it does at boot. */
export interface BootPlaces {
  /** Is there where systemd runs, as its own `sd_booted` asks. */
  readonly systemd: string
  /** Of the administrator's units. */
  readonly units: string
  /** Of the system's crontabs; a file in it names a user in each line. */
  readonly cron: string
  /** In which cron notes who it is (Debian's cron and cronie). */
  readonly cronPid: string
}

export const usualBootPlaces: BootPlaces = {
  systemd: "/run/systemd/system",
  units: "/etc/systemd/system",
  cron: "/etc/cron.d",
  cronPid: "/run/crond.pid",
}

/** A file of ours that lets the switch act at boot. It is there as long as a window is open. */
export interface BootFile {
  readonly kind: "unit" | "cron"
  readonly path: string
  /** What `systemctl enable` makes of a unit; for cron nothing. */
  readonly link?: string
}

/** What starts Synapse when the machine has restarted in a window. */
export type BootStart = { readonly kind: "engine" } | BootFile | Nobody

interface Nobody {
  readonly kind: "nobody"
  readonly why: string
}

/**
 * Finds what would start Synapse when the machine restarts in a window: the engine, where it is Docker and starts at boot by itself, else
 * a unit or a line of cron of our own. Reads only.
 */
export async function findBootStart(
  host: Host,
  service: ServiceAddress,
  stateFolder: string,
  places: BootPlaces = usualBootPlaces,
): Promise<BootStart> {
  const { systemd, units, cron, cronPid } = places
  const engine = service.commands?.start === undefined ? engineOf(service) : []
  const { stdout } = await host.exec(["sh", "-c", probe, "probe", systemd, units, cron, cronPid, ...engine])
  const [kind, why = ""] = stdout.trim().split(": ")
  if (kind === "engine") return { kind }
  if (kind === "unit" || kind === "cron") return bootFilesOf(stateFolder, places)[kind]
  return { kind: "nobody", why }
}

/** Both files that may be ours, by a name that the state folder decides. Pure. */
export function bootFilesOf(
  stateFolder: string,
  { units, cron }: BootPlaces,
): Readonly<Record<BootFile["kind"], BootFile>> {
  // No dots: cron passes over names with any.
  const name = `matrix-auth-switch-${createHash("sha256").update(stateFolder).digest("hex").slice(0, 12)}`
  const unit = `${name}.service`
  return {
    unit: { kind: "unit", path: posix.join(units, unit), link: posix.join(units, `${wantedBy}.wants`, unit) },
    cron: { kind: "cron", path: posix.join(cron, name) },
  }
}

/** As the shell functions take it: path, and for a unit its name and its link. Pure. */
export function bootWords({ path, link }: BootFile): readonly string[] {
  return link === undefined ? [path] : [path, posix.basename(path), link]
}

export const wantedBy = "multi-user.target"

/** For people: one line. */
export function describeBootStart(boot: BootStart, stateFolder: string): string {
  const then = "should the machine restart meanwhile,"
  if (boot.kind === "engine") return `${then} Docker starts Synapse`
  if (boot.kind === "nobody")
    return `${then} nothing starts Synapse (${boot.why}): then type \`sh ${inSwitch(stateFolder, "run.sh")} act\`, as root`
  const who = boot.kind === "unit" ? "a unit of systemd" : "a line of cron"
  return `${then} ${who} (${boot.path}, there for that long) puts everything back and starts Synapse`
}

/**
 * $1 to $4 the places, then the engine's words, if an engine runs the service. podman answers to docker's name and starts nothing at
 * boot by itself; a Docker that only its socket starts does so when somebody calls it. Prints a kind, and why after a colon.
 */
const probe = `systemd=$1 units=$2 cron=$3 pid=$4
shift 4
ours() { # only root can put something there
  [ -d "$1" ] && [ ! -h "$1" ] && [ -n "$(find "$1" -prune -user 0 ! -perm -0020 ! -perm -0002)" ]
}
has_systemd() { [ -d "$systemd" ] && command -v systemctl >/dev/null; }
if [ $# -gt 0 ]; then
  case $("$@" --version 2>/dev/null) in
  Docker*) has_systemd && [ "$(systemctl is-enabled docker.service 2>/dev/null)" = disabled ] || { echo engine; exit; } ;;
  esac
fi
[ "$(id -u)" = 0 ] || { echo 'nobody: we are not root'; exit; }
if has_systemd && ours "$units"; then echo unit; exit; fi
if ours "$cron" && { read -r number <"$pid"; } 2>/dev/null && kill -0 "$number" 2>/dev/null; then echo cron; exit; fi
echo 'nobody: there is neither systemd nor cron'`
