import semver from "semver"
import { runBeside } from "../host/beside.ts"
import type { Argv, Finished, Host } from "../host/host.ts"
import { knownService } from "../host/inspection.ts"
import { runInService } from "../host/service.ts"
import { containerOf } from "../host/service-address.ts"
import { Refusal } from "../report/refusal.ts"
import { type MasAddress, masCliContainer } from "./mas-cli.ts"

/**
 * An image does not change its version: it is asked once a run, also when several ask at the same time. The one-shot
 * container has a name that only one of them could take.
 */
const known = new Map<string, Promise<string>>()

/** What `mas-cli --version` says: `mas-cli v1.22.0` as a rule, anything with builds of one's own. */
export async function readMasVersion(host: Host, mas: MasAddress): Promise<string> {
  const argv = ["mas-cli", "--version"] as const
  if (mas.service.commands?.cli !== undefined) return versionOf(await runInService(host, mas.service, argv))
  const { image, isRunning } = await knownService(host, mas.service)
  const ask = async () =>
    (isRunning ? await askRunning(host, mas, argv) : undefined) ??
    runBeside(host, mas.service, { name: masCliContainer(mas, "version"), argv, network: "none" })
  const asked = known.get(image.id) ?? ask().then(versionOf)
  known.set(image.id, asked)
  asked.catch(() => known.delete(image.id))
  return asked
}

/** `undefined`: it ended meanwhile, as one does that ends at each start. */
async function askRunning(host: Host, mas: MasAddress, argv: Argv): Promise<Finished | undefined> {
  try {
    const finished = await runInService(host, mas.service, argv)
    return finished.exitCode === 0 ? finished : undefined
  } catch (error) {
    if (error instanceof Refusal && error.code === "docker/container-not-running") return undefined
    throw error
  }
}

function versionOf({ stdout }: { readonly stdout: string }): string {
  return stdout.trim().replace(/^mas-cli\s+/, "")
}

/** The first MAS that Synapse's stable block works with: modern API and introspection by the shared secret. */
const oldest = "0.20.0"

/** Throws `mas/too-old` for a MAS before 0.20. A version that does not read as one is a build of somebody's own: let it pass. */
export async function demandMasVersion(host: Host, mas: MasAddress): Promise<void> {
  const version = await readMasVersion(host, mas)
  const read = semver.coerce(version)
  if (read === null || semver.gte(read, oldest)) return
  throw new Refusal({
    code: "mas/too-old",
    what: `MAS ${version} is too old for Synapse to delegate to`,
    where: { host: host.name, container: containerOf(mas.service) },
    meaning: "Synapse could not ask it about tokens. Nothing was written.",
    next: `Go to MAS 1.22.0, at the least ${oldest}, see that it runs, then try again.`,
  })
}
