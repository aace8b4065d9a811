import { type ManagedFile, makeChange, type PlannedChange } from "../files/managed-file.ts"
import { inspectService } from "../host/inspection.ts"
import { restartPoliciesOf } from "../host/restart-policy.ts"
import { restartService, startService } from "../host/service.ts"
import { containerOf } from "../host/service-address.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import type { SwitchPlace } from "../window/dead-mans-switch.ts"
import { inOperation, type Operation, type OperationPlace } from "../window/operation.ts"
import { noteStandstill } from "../window/settle.ts"
import { inWindow, type OpenedWindow } from "../window/window.ts"
import { type DelegatedAuthInputs, homeserverFile } from "./plan-delegation.ts"
import { proveAuthentication } from "./prove-authentication.ts"
import { servesWith } from "./serves-with.ts"
import { type SynapseAddress, waitForSynapse } from "./synapse-address.ts"
import { validateConfig } from "./validate-config.ts"

export interface Serving {
  readonly address: SynapseAddress
  readonly file: ManagedFile
  /** What a delegated Synapse has to tell clients; `null`: Synapse checks passwords itself. */
  readonly issuer: string | null
  readonly window: SwitchPlace
}

/** What it takes to serve by the inputs of delegated auth. */
export function servingFor(inputs: DelegatedAuthInputs, authentication: "legacy" | "delegated"): Serving {
  return {
    address: { service: inputs.service, homeserverYaml: inputs.file, endpoint: inputs.synapseEndpoint },
    file: homeserverFile(inputs),
    issuer: authentication === "delegated" ? inputs.issuer : null,
    window: inputs.window,
  }
}

/**
 * Lets Synapse serve with a changed homeserver.yaml: tried by the same Synapse first, then written, then started. When it
 * does not come up, or does not answer as it should, or we are killed, the file is put back byte for byte and Synapse
 * serves as before.
 *
 * Where nothing changes, a Synapse that stands still is started. Says whether anything was written.
 * Throws `synapse/config-refused`, `synapse/did-not-come-up`, and what a window throws.
 */
export async function serveWith(context: Context, change: PlannedChange, serving: Serving): Promise<boolean> {
  if (change.before === change.after) {
    await startIfStopped(context, serving)
    return makeChange(context.host, serving.file, change)
  }
  await inOperation("serve", placeFor(context, serving), async (operation) => {
    await operation.step("try-config", () =>
      validateConfig(context.host, serving.address, change.after, serving.window),
    )
    const opened = await windowFor(context, change, serving)
    await inWindow(operation, opened, () => writeAndRestart(operation, change, serving))
  })
  return true
}

/** Where an operation on this Synapse is done: it knows one that serves as a killed run had planned. */
export function placeFor({ host, say }: Context, { address, window }: Serving): OperationPlace {
  return { host, say, ...window, servesWith: (text) => servesWith(host, address, text) }
}

/** What a window around this change may have to put back. */
export async function windowFor(
  { host, say }: Context,
  change: PlannedChange,
  { address, file }: Serving,
): Promise<OpenedWindow> {
  return {
    service: address.service,
    files: [
      { path: file.path, before: change.before },
      { path: file.keptAt, before: await host.readIfPresent(file.keptAt) },
    ],
    end: [],
    policies: await restartPoliciesOf(host, address.service),
    planned: change.after,
    serves: () => waitForSynapse(host, address, say),
  }
}

/**
 * The steps inside the window. `demandStill` is asked between the file and the start, where nothing may have happened behind
 * our back. Throws what it throws, and `synapse/did-not-come-up` with Synapse's own reason.
 */
export async function writeAndRestart(
  operation: Operation,
  change: PlannedChange,
  serving: Serving,
  demandStill: () => Promise<void> = async () => {},
): Promise<void> {
  const { host, say } = operation.place
  const { address, file, issuer } = serving
  await operation.step("write-homeserver", async () => {
    await makeChange(host, file, change)
    await demandStill()
    await noteStandstill(operation.place)
  })
  try {
    await operation.step("restart-synapse", async () => {
      await restartService(host, address.service)
      await waitForSynapse(host, address, say)
    })
    await operation.step("prove-synapse", () => proveAuthentication(host, address, issuer))
  } catch (error) {
    throw didNotComeUp(operation, serving, error)
  }
}

async function startIfStopped({ host, say }: Context, { address }: Serving): Promise<void> {
  if (address.service.commands?.start !== undefined) return
  if ((await inspectService(host, address.service)).isRunning) return
  say("Synapse starts")
  await startService(host, address.service)
  await waitForSynapse(host, address, say)
}

function didNotComeUp({ place: { host } }: Operation, { address }: Serving, cause: unknown): Error {
  if (cause instanceof Refusal && cause.code.startsWith("window/")) return cause
  return new Refusal({
    code: "synapse/did-not-come-up",
    what: "Synapse did not come up with the new homeserver.yaml",
    where: { host: host.name, container: containerOf(address.service), file: address.homeserverYaml },
    meaning: "The file is put back as it was, byte for byte, and Synapse serves with it again.",
    next: "Mend what Synapse complains about, then `pulumi up`.",
    cause,
  })
}
