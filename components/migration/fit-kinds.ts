import type { RefusalCode } from "../report/codes.ts"
import { Refusal } from "../report/refusal.ts"
import type { Homeserver } from "../synapse/homeserver.ts"
import { keysWhenDelegated } from "../synapse/managed-keys.ts"
import type { DelegatedAuthInputs } from "../synapse/plan-delegation.ts"
import type { SynapseVersion } from "../synapse/versions.ts"
import { type Finding, findingOf, type PreFlightKind } from "./finding.ts"

const error = (name: string, meaning: string): PreFlightKind => ({ name, severity: "error", meaning, next: "" })

const conflictingSettings = error("conflicting-settings", "settings that a delegated Synapse does not start with")
const synapseUnfit = error("synapse-unfit", "this Synapse cannot be delegated so")

export const fitKinds: readonly PreFlightKind[] = [conflictingSettings, synapseUnfit]

/** What those who would write the delegation refuse, as kinds of ours: their own words say what to do. */
const kindOf: Partial<Record<RefusalCode, PreFlightKind>> = {
  "synapse/conflicting-keys": conflictingSettings,
  "synapse/faulty-release": synapseUnfit,
  "synapse/too-old": synapseUnfit,
}

export interface Fitting {
  readonly homeserver: Homeserver
  readonly version: SynapseVersion
  /** Paths that are managed already: what was kept names them. */
  readonly kept: readonly string[]
  readonly delegation: Pick<DelegatedAuthInputs, "endpoint" | "takeOver" | "qrCodeEndpoint">
}

/**
 * What stands in the way of the delegation in homeserver.yaml, this Synapse's version included; that of MAS is demanded
 * before, with its settings. Pure.
 */
export function findUnfit({ homeserver, version, kept, delegation }: Fitting): readonly Finding[] {
  const { endpoint, takeOver, qrCodeEndpoint } = delegation
  const qrCode = qrCodeEndpoint === undefined ? {} : { qrCodeEndpoint }
  try {
    // Which secret it is makes no difference here.
    keysWhenDelegated(homeserver, { version, endpoint, secret: { value: "shared" }, takeOver, kept, ...qrCode })
    return []
  } catch (refused) {
    const kind = refused instanceof Refusal ? kindOf[refused.code] : undefined
    if (!(refused instanceof Refusal) || kind === undefined) throw refused
    const which = kind === conflictingSettings ? (refused.where.keyPath ?? "").split(", ") : [refused.what]
    return findingOf({ ...kind, next: asSentence(refused.next) }, which)
  }
}

function asSentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1)
  return upper.endsWith(".") ? upper : `${upper}.`
}
