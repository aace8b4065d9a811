import { parseDocument } from "../documents/parse.ts"
import type { Aspect } from "../files/aspects.ts"
import { readKept } from "../files/kept.ts"
import { makeChange, type PlannedChange } from "../files/managed-file.ts"
import { managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { noteStart, withTheFile } from "../files/running.ts"
import { readUsable } from "../files/usable-text.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { demandOwnCommands } from "../host/own-commands.ts"
import { restartService } from "../host/service.ts"
import { containerOf } from "../host/service-address.ts"
import type { Context } from "../lifecycle/lifecycle.ts"
import { Refusal } from "../report/refusal.ts"
import { at, type Homeserver, isDelegated } from "./homeserver.ts"
import { type DelegatedAuthInputs, dialect, homeserverFile, homeserverKeys } from "./plan-delegation.ts"
import { readSynapseVersion } from "./running-version.ts"
import { serveWith, servingFor } from "./serve-with.ts"
import { lookAtSynapse, restartSynapse } from "./synapse-runs.ts"
import { describeTried, validateConfig } from "./validate-config.ts"

const running: Aspect<DelegatedAuthInputs> = {
  name: "running",
  kind: "running",
  wanted: withTheFile,
  look: lookAtSynapse,
  where: ({ service, file }, host) => ({ host: host.name, container: containerOf(service), file }),
  mend: restartSynapse,
}

const managed = managedFileLifecycle<DelegatedAuthInputs>({
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
  notes: async (inputs, { host }) => notesOn(inputs, await readHomeserver(host, inputs)),
})

/**
 * The MSC3861 block of homeserver.yaml, and the settings that a delegated Synapse does not start with. At a cutover the
 * migration has written them already, since nobody is served in between; from then on they are held here.
 */
export const lifecycle: typeof managed = {
  ...managed,
  async check(inputs, before, context) {
    await demandOwnCommands(context.host, inputs.service)
    if (before === undefined) await demandMeant(inputs, context.host)
    return managed.check?.(inputs, before, context) ?? { inputs }
  },
}

async function readHomeserver(host: Host, inputs: DelegatedAuthInputs): Promise<Homeserver> {
  const { keys } = await readKept(host, inputs.keptAt)
  const { text } = await readUsable(host, homeserverFile(inputs), Object.keys(keys))
  return parseDocument(text, dialect) as Homeserver
}

/** Throws `synapse/rollback-not-meant`: a stack that comes to a delegated server does not take that back unasked. */
async function demandMeant(inputs: DelegatedAuthInputs, host: Host): Promise<void> {
  const { authentication, isRollbackMeant = false, file } = inputs
  if (authentication === "delegated" || isRollbackMeant) return
  if (!handsLogInToMas(await readHomeserver(host, inputs))) return
  throw new Refusal({
    code: "synapse/rollback-not-meant",
    what: "This server is delegated to MAS already, and with `authentication: legacy` the first `pulumi up` would be a rollback",
    where: { host: host.name, file },
    meaning: "Nothing was changed: people go on logging in with MAS.",
    next:
      "To manage the server as it is: `pulumi config set authentication delegated`. To roll it back: `pulumi config set --path " +
      "rollback.meant true`, then `pulumi preview`.",
  })
}

function notesOn({ authentication, file }: DelegatedAuthInputs, homeserver: Homeserver): string[] {
  if (authentication === "legacy") {
    return handsLogInToMas(homeserver) ? ["this server is delegated now: this `pulumi up` is the rollback"] : []
  }
  if (!isExperimental(homeserver)) return []
  return [
    `${file}: experimental_features.msc3861 moves to matrix_authentication_service, the stable block; Synapse 1.157 and later do not start with the old one`,
  ]
}

function handsLogInToMas(homeserver: Homeserver): boolean {
  return isDelegated(homeserver) || isExperimental(homeserver)
}

function isExperimental(homeserver: Homeserver): boolean {
  return at(homeserver, "experimental_features", "msc3861", "enabled") === true
}

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
  const { address } = servingFor(inputs, inputs.authentication)
  say(describeTried(await validateConfig(host, address, change.after, inputs.window)))
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
