import { inElement, inHomeserver, inMasConfig, inWellKnown } from "./documents.ts"
import { elsewhere } from "./elsewhere.ts"
import type { Harmless } from "./harmless.ts"

/** Everything that is to be passed over. */
export const harmlessEdits: readonly Harmless[] = [
  ...inHomeserver,
  ...inMasConfig,
  ...inWellKnown,
  ...inElement,
  ...elsewhere,
]
