import { managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { type DelegatedAuthInputs, dialect, homeserverFile, homeserverKeys } from "./plan-delegation.ts"
import { type Serving, serveWith } from "./serve-with.ts"

/** The MSC3861 block of homeserver.yaml, and the settings that a delegated Synapse does not start with. */
export const lifecycle = managedFileLifecycle<DelegatedAuthInputs>({
  dialect,
  keys: (inputs, { host }) => homeserverKeys(host, inputs),
  make: (change, inputs, context) => serveWith(context, change, servingFor(inputs, inputs.authentication)),
  giveBack: (change, inputs, context) => serveWith(context, change, servingFor(inputs, "legacy")),
})

function servingFor(inputs: DelegatedAuthInputs, authentication: "legacy" | "delegated"): Serving {
  return {
    address: { service: inputs.service, homeserverYaml: inputs.file, endpoint: inputs.synapseEndpoint },
    file: homeserverFile(inputs),
    issuer: authentication === "delegated" ? inputs.issuer : null,
  }
}
