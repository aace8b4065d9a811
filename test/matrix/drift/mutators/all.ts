import { inClientEntries, inClientRows } from "./clients.ts"
import { inHomeserver } from "./homeserver.ts"
import { onLegacy } from "./legacy.ts"
import { onLogIn } from "./log-in.ts"
import { inMasConfig } from "./mas-config.ts"
import type { Mutator } from "./mutator.ts"
import { atElement, atTheProxy } from "./proxy.ts"
import { runningOtherwise, standingStill } from "./running.ts"
import { onClientSecrets, onSharedSecret } from "./secrets.ts"
import { ofVersions } from "./versions.ts"
import { inElementConfig, inWellKnown } from "./web-documents.ts"

/** Every hand on a delegated server. */
export const delegatedMutators: readonly Mutator[] = [
  ...inHomeserver,
  ...inMasConfig,
  ...inClientEntries,
  ...inWellKnown,
  ...inElementConfig,
  ...inClientRows,
  ...onClientSecrets,
  ...onSharedSecret,
  ...runningOtherwise,
  ...standingStill,
  ...atTheProxy,
  ...onLogIn,
  ...atElement,
  ...ofVersions,
]

/** Every hand on a server in legacy. */
export const legacyMutators: readonly Mutator[] = onLegacy
