import { runBeside } from "../host/beside.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { runInService } from "../host/service.ts"
import { type MasAddress, masCliContainer } from "./mas-cli.ts"

/** An image does not change its version: what was found out once holds for the run. */
const known = new Map<string, string>()

/** What `mas-cli --version` says: `mas-cli v1.22.0` as a rule, anything with builds of one's own. */
export async function readMasVersion(host: Host, mas: MasAddress): Promise<string> {
  const argv = ["mas-cli", "--version"] as const
  if (mas.service.commands?.cli !== undefined) return versionOf(await runInService(host, mas.service, argv))
  const { image, isRunning } = await inspectService(host, mas.service)
  const ask = () =>
    isRunning
      ? runInService(host, mas.service, argv)
      : runBeside(host, mas.service, { name: masCliContainer(mas, "version"), argv, network: "none" })
  const version = known.get(image.id) ?? versionOf(await ask())
  known.set(image.id, version)
  return version
}

function versionOf({ stdout }: { readonly stdout: string }): string {
  return stdout.trim().replace(/^mas-cli\s+/, "")
}
