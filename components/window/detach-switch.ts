import type { Host } from "../host/host.ts"

/**
 * Where a switch runs, out of our process tree, our session and our streams: as a unit of its own of systemd, which outlives
 * also the cgroup of whoever started it (a session that is ended, a unit, a CI runner's clean-up), or in a session of its own.
 */
export type Whereabouts = "unit" | "session"

/** What it needs to reach the same engine as we do. No more: ours has the stack's passphrase in it. */
const needed = [
  ...["PATH", "HOME", "XDG_RUNTIME_DIR", "KUBECONFIG"],
  ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "CONTAINER_HOST"],
]

/**
 * A Synapse that it starts as a child of its own (synctl) must not end with it: `KillMode=process`.
 *
 * $1 the script, $2 its lease in seconds, $3 a name for the unit, $4 what is there where systemd runs. Ends at once.
 */
const detach = `script=$1 seconds=$2 unit=$3 systemd=$4
set --
for name in ${needed.join(" ")}; do
  eval "value=\\\${$name-}"
  [ -z "$value" ] || set -- "$@" "$name=$value"
done
set -- env -i "$@" sh "$script" watch "$seconds"
if [ -d "$systemd" ] && [ "$(id -u)" = 0 ] && systemd-run --quiet --collect --unit="$unit" \\
  --property=KillMode=process --description="Dead-man's switch of matrix-auth" "$@" </dev/null >/dev/null 2>&1; then
  echo unit
  exit
fi
trap '' HUP INT TERM
if command -v setsid >/dev/null 2>&1; then setsid "$@" </dev/null >/dev/null 2>&1 &
else nohup "$@" </dev/null >/dev/null 2>&1 &
fi
echo session`

/** As systemd's own `sd_booted` asks. */
const systemdRuns = "/run/systemd/system"

/** Starts a switch that lies ready, and returns where it runs. Whether it really does, it notes itself. */
export async function detachSwitch(
  host: Host,
  { script, leaseSeconds, unit }: { readonly script: string; readonly leaseSeconds: number; readonly unit: string },
  systemd = systemdRuns,
): Promise<Whereabouts> {
  const words = [script, String(Math.ceil(leaseSeconds)), unit, systemd]
  const { stdout } = await host.exec(["sh", "-c", detach, "detach", ...words])
  return stdout.trim() === "unit" ? "unit" : "session"
}
