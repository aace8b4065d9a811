import type { Aspect } from "../files/aspects.ts"
import { makeChange, type PlannedChange } from "../files/managed-file.ts"
import { managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { noteStart, withTheFile } from "../files/running.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { restartService } from "../host/service.ts"
import { containerOf } from "../host/service-address.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import { type DelegatedAuthInputs, dialect, homeserverFile, homeserverKeys } from "./plan-delegation.ts"
import { readSynapseVersion } from "./running-version.ts"
import { serveWith, servingFor } from "./serve-with.ts"
import { lookAtSynapse, restartSynapse } from "./synapse-runs.ts"
import { validateConfig } from "./validate-config.ts"

const running: Aspect<DelegatedAuthInputs> = {
  name: "running",
  kind: "running",
  wanted: withTheFile,
  look: lookAtSynapse,
  where: ({ service, file }, host) => ({ host: host.name, container: containerOf(service), file }),
  mend: restartSynapse,
}

/**
 * The MSC3861 block of homeserver.yaml, and the settings that a delegated Synapse does not start with. At a cutover the
 * migration has written them already, since nobody is served in between; from then on they are held here.
 */
export const lifecycle = managedFileLifecycle<DelegatedAuthInputs>({
  dialect,
  keys: (inputs, { host }) => homeserverKeys(host, inputs),
  make: async (change, inputs, context) => {
    if (await runsWithIt(change, inputs, context)) return writeAlone(change, inputs, context)
    if (change.before === change.after) await endCrashLoop(inputs, context)
    return serveWith(context, await madeUsable(change, inputs, context.host), servingFor(inputs, inputs.authentication))
  },
  // What stood there before us may be a delegation to MAS: who checks passwords is changed by the switch alone.
  giveBack: async () => false,
  aspects: [running],
  version: (inputs, { host }) => versionOf(host, inputs),
  settled: (inputs, { host }) => noteStart(host, inputs.service, homeserverFile(inputs)),
})

/** A hand that changed the file did not change what Synapse runs with, as long as nobody has restarted it. */
async function runsWithIt(change: PlannedChange, inputs: DelegatedAuthInputs, context: Context): Promise<boolean> {
  return change.before !== change.after && (await lookAtSynapse(inputs, context, change.after)) === withTheFile
}

/** Where the file is as it should be by now, an engine that waits longer from start to start need not be waited for. */
async function endCrashLoop({ service }: DelegatedAuthInputs, { host, say }: Context): Promise<void> {
  if (service.commands?.start !== undefined) return
  if ((await inspectService(host, service)).status !== "restarting") return
  say("Synapse ended at each start so far: it starts anew, with homeserver.yaml as it is")
  await restartService(host, service)
}

/** Nobody is interrupted; tried by Synapse all the same, since it is what it will start with one day. */
async function writeAlone(
  change: PlannedChange,
  inputs: DelegatedAuthInputs,
  { host, say }: Context,
): Promise<boolean> {
  say("Synapse runs with what homeserver.yaml is to say: only the file is written")
  await validateConfig(host, servingFor(inputs, inputs.authentication).address, change.after)
  return makeChange(host, homeserverFile(inputs), change)
}

/** What is put back when Synapse does not come up has to be a file that it reads: so that comes first, by itself. */
async function madeUsable(change: PlannedChange, { file }: DelegatedAuthInputs, host: Host): Promise<PlannedChange> {
  if (change.broken === undefined) return change
  const before = change.broken.text
  await host.replace(file, { before: change.before, after: before })
  return { ...change, before }
}

/** In legacy nothing depends on it: a build that does not tell is no reason to stop. */
async function versionOf(host: Host, { service, file, synapseEndpoint }: DelegatedAuthInputs): Promise<string> {
  try {
    return (await readSynapseVersion(host, { service, homeserverYaml: file, endpoint: synapseEndpoint })).text
  } catch (error) {
    if (error instanceof Refusal && error.code === "synapse/version-unknown") return "unknown"
    throw error
  }
}
