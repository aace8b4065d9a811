import { readKept, writeKept } from "../files/kept.ts"
import { type ManagedFile, makeChange, type PlannedChange } from "../files/managed-file.ts"
import { inspectService } from "../host/inspection.ts"
import { restartService, startService } from "../host/service.ts"
import { containerOf } from "../host/service-address.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import { type DelegatedAuthInputs, homeserverFile } from "./plan-delegation.ts"
import { proveAuthentication } from "./prove-authentication.ts"
import { type SynapseAddress, waitForSynapse } from "./synapse-address.ts"
import { validateConfig } from "./validate-config.ts"

export interface Serving {
  readonly address: SynapseAddress
  readonly file: ManagedFile
  /** What a delegated Synapse has to tell clients; `null`: Synapse checks passwords itself. */
  readonly issuer: string | null
  /** Synapse has tried the new file already. Default: false. */
  readonly isTried?: boolean
}

/** What it takes to serve by the inputs of delegated auth. */
export function servingFor(inputs: DelegatedAuthInputs, authentication: "legacy" | "delegated"): Serving {
  return {
    address: { service: inputs.service, homeserverYaml: inputs.file, endpoint: inputs.synapseEndpoint },
    file: homeserverFile(inputs),
    issuer: authentication === "delegated" ? inputs.issuer : null,
  }
}

/**
 * Lets Synapse serve with a changed homeserver.yaml: tried by the same Synapse first, then written, then started. When it
 * does not come up, or does not answer as it should, the file is put back byte for byte and Synapse serves as before.
 *
 * Where nothing changes, a Synapse that stands still is started. Says whether anything was written.
 * Throws `synapse/config-refused`, `synapse/did-not-come-up`.
 */
export async function serveWith(context: Context, change: PlannedChange, serving: Serving): Promise<boolean> {
  const { host, say } = context
  if (change.before === change.after) {
    await startIfStopped(context, serving)
    return makeChange(host, serving.file, change)
  }
  if (!serving.isTried) {
    say("the new homeserver.yaml is tried by Synapse itself")
    await validateConfig(host, serving.address, change.after)
  }
  const keptBefore = await readKept(host, serving.file.keptAt)
  await makeChange(host, serving.file, change)
  try {
    say("Synapse restarts with the new homeserver.yaml")
    await restartService(host, serving.address.service)
    await waitForSynapse(host, serving.address, say)
    await proveAuthentication(host, serving.address, serving.issuer)
  } catch (error) {
    await putBack(context, change, serving)
    await writeKept(host, serving.file.keptAt, keptBefore)
    throw didNotComeUp(context, serving, error)
  }
  return true
}

async function startIfStopped({ host, say }: Context, { address }: Serving): Promise<void> {
  if (address.service.commands?.start !== undefined) return
  if ((await inspectService(host, address.service)).isRunning) return
  say("Synapse starts")
  await startService(host, address.service)
  await waitForSynapse(host, address, say)
}

async function putBack({ host, say }: Context, { before, after }: PlannedChange, { address, file }: Serving) {
  say("Synapse did not come up as it should: homeserver.yaml is put back, and Synapse restarts as before")
  await host.replace(file.path, { before: after, after: before })
  await restartService(host, address.service)
  await waitForSynapse(host, address, say)
}

function didNotComeUp({ host }: Context, { address }: Serving, cause: unknown): Refusal {
  const why = cause instanceof Refusal ? `${cause.what}. ${cause.meaning}` : String(cause)
  return new Refusal({
    code: "synapse/did-not-come-up",
    what: "Synapse did not come up with the new homeserver.yaml",
    where: { host: host.name, container: containerOf(address.service), file: address.homeserverYaml },
    meaning: `The file is as it was, byte for byte, and Synapse serves with it again. ${why}`,
    next: "Mend what Synapse complains about, then `pulumi up`.",
    cause,
  })
}
