import { posix } from "node:path"
import { secretsIn } from "../documents/masking.ts"
import { runBeside } from "../host/beside.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { containerPathOf } from "../host/mounted-paths.ts"
import { containerOf } from "../host/service-address.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { SwitchPlace } from "../window/dead-mans-switch.ts"
import type { SynapseAddress } from "./synapse-address.ts"

/**
 * Lets the very Synapse that will load it try a homeserver.yaml: same image, same mounts, the candidate in the place of
 * the file. `python -m synapse.config read` loads and checks everything as start-up would, modules included, in about a
 * second (seen with nine releases). The candidate lies in our own folder: beside the file, whoever is in the container could
 * have planted a link in its place, and any file of the host would be mounted. Throws `synapse/config-refused` with Synapse's
 * own reason.
 */
export async function validateConfig(
  host: Host,
  synapse: SynapseAddress,
  text: string,
  { stateFolder }: Pick<SwitchPlace, "stateFolder">,
): Promise<void> {
  const { service, homeserverYaml } = synapse
  const candidate = posix.join(stateFolder, "homeserver.candidate.yaml")
  const target = await containerPathOf(host, await inspectService(host, service), homeserverYaml)
  if (target === undefined) throw notMounted(host, synapse)
  await host.write(candidate, text, { mode: 0o600, like: homeserverYaml })
  try {
    const finished = await runBeside(host, service, {
      name: `${containerOf(service)}-matrix-auth-validate`,
      argv: ["python", "-m", "synapse.config", "read", "server.server_name", "-c", target],
      mounts: [{ source: candidate, target }],
      network: "none",
    })
    if (finished.exitCode !== 0)
      throw refused(host, synapse, quoted(`${finished.stdout}\n${finished.stderr}`, secretsIn(text, "yaml11")))
  } finally {
    await host.remove(candidate)
  }
}

/** The last thing Synapse says: a line of text, a Python tuple `('text', ('path', 'to', 'key'))`, or a traceback's end. */
export function reasonOf(output: string): string {
  const lines = output.trim().split("\n")
  const tuple = /^\(['"](.+?)['"], \((.*)\)\)$/.exec(lines.at(-1) ?? "")
  if (tuple === null) return (lines.at(-1) ?? "").trim() || "it gave no reason"
  const keys = [...(tuple[2] ?? "").matchAll(/'([^']+)'/g)].map(([, key]) => key)
  return keys.length > 0 ? `${tuple[1]} (at ${keys.join(".")})` : (tuple[1] ?? "")
}

function refused(host: Host, { service, homeserverYaml }: SynapseAddress, output: string): Refusal {
  return new Refusal({
    code: "synapse/config-refused",
    what: `Synapse refuses the new homeserver.yaml: ${reasonOf(output)}`,
    where: { host: host.name, container: containerOf(service), file: homeserverYaml },
    meaning: "Nothing was written; Synapse goes on as it was.",
    next: "Mend the setting that it names, or let us take the key over (`synapse.takeOver`), then `pulumi up`.",
  })
}

function notMounted(host: Host, { service, homeserverYaml }: SynapseAddress): Refusal {
  return new Refusal({
    code: "synapse/config-not-mounted",
    what: "Synapse's container does not mount the homeserver.yaml that we are to manage",
    where: { host: host.name, container: containerOf(service), file: homeserverYaml },
    meaning: "Nothing was changed: what is written there would never reach Synapse.",
    next: "Let `synapse.homeserverYaml` name the file on the host that the container mounts (`docker inspect` lists its mounts).",
  })
}
