import { askService } from "../host/ask-service.ts"
import { runBeside } from "../host/beside.ts"
import type { Host } from "../host/host.ts"
import { knownService } from "../host/inspection.ts"
import { containerOf } from "../host/service-address.ts"
import { askOrExplain } from "../host/staying-up.ts"
import type { SynapseAddress } from "./synapse-address.ts"
import { parseSynapseVersion, type SynapseVersion } from "./versions.ts"

/** An image does not change its version: what was found out once holds for the run. */
const known = new Map<string, SynapseVersion>()

/** The version of the Synapse that runs, or that would run if it were started. */
export async function readSynapseVersion(host: Host, synapse: SynapseAddress): Promise<SynapseVersion> {
  if (synapse.service.commands?.start !== undefined) return askForVersion(host, synapse)
  const { image, isRunning } = await knownService(host, synapse.service)
  const found =
    known.get(image.id) ?? (isRunning ? await askUnlessDown(host, synapse) : await readFromImage(host, synapse))
  known.set(image.id, found)
  return found
}

async function askForVersion(host: Host, synapse: SynapseAddress): Promise<SynapseVersion> {
  const { headers } = await askService(host, synapse, { path: "/_matrix/client/versions" })
  return parseSynapseVersion((headers.server ?? "").replace(/^Synapse\//, ""))
}

/** One that ends at each start runs for seconds at a time, and never answers: its image tells as well. */
async function askUnlessDown(host: Host, synapse: SynapseAddress): Promise<SynapseVersion> {
  const asked = await askOrExplain(host, synapse.service, () => askForVersion(host, synapse))
  return "answer" in asked ? asked.answer : readFromImage(host, synapse)
}

async function readFromImage(host: Host, { service }: SynapseAddress): Promise<SynapseVersion> {
  const name = `${containerOf(service)}-matrix-auth-version`
  const program = "import synapse.util; print(synapse.util.SYNAPSE_VERSION)"
  const { stdout } = await runBeside(host, service, { name, argv: ["python", "-c", program], network: "none" })
  return parseSynapseVersion(stdout)
}
