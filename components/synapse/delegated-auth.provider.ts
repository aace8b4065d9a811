import { managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { type DelegatedAuthInputs, dialect, homeserverKeys } from "./plan-delegation.ts"
import { serveWith, servingFor } from "./serve-with.ts"

/**
 * The MSC3861 block of homeserver.yaml, and the settings that a delegated Synapse does not start with. At a cutover the
 * migration has written them already, since nobody is served in between; from then on they are held here.
 */
export const lifecycle = managedFileLifecycle<DelegatedAuthInputs>({
  dialect,
  keys: (inputs, { host }) => homeserverKeys(host, inputs),
  make: (change, inputs, context) => serveWith(context, change, servingFor(inputs, inputs.authentication)),
  giveBack: (change, inputs, context) => serveWith(context, change, servingFor(inputs, "legacy")),
})
