import { Refusal } from "../report/refusal.ts"

/** A release of Synapse. Release candidates count as their release, but for the faults that only they had. */
export interface SynapseVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** 1 for `rc1`; `undefined` for a release. */
  readonly candidate: number | undefined
  /** As Synapse wrote it. */
  readonly text: string
}

/** The first release with `matrix_authentication_service`; before it the block is ignored without a word (seen with 1.125, 1.135). */
export const firstWithBlock = "1.136.0"

/** What to go to: the release all of this was last tried with. */
export const recommended = "1.163.2"

/** First releases with, or without, what our keys depend on (Synapse's source at each tag; seen with twelve releases). */
const since = {
  /** Before it, `msc4108_*` asks for `msc3861`, whatever the block says. */
  msc4108WithBlock: "1.137.0",
  /** Before it, a block without a secret passes. */
  secretIsDemanded: "1.142.0",
  /** Before it the key is ignored. */
  msc4388: "1.149.0",
  /** `open` was called `public` before. */
  msc4388Open: "1.151.0",
  /** Before it the key is ignored. */
  forceHttp2: "1.151.0",
  /** From here on anything at `msc3861` stops the start, `enabled: false` as well. */
  withoutMsc3861: "1.157.0",
} as const

export type SynapseFeature = keyof typeof since

/**
 * Reads a version as Synapse writes it: `1.163.2`, `1.142.0rc1`, `1.136.0+ess`, `v1.163.2`, `Synapse/1.163.2`, and
 * `1.163.2 (b=matrix-org-hotfixes,d3adb33f)`. Throws `synapse/version-unknown`.
 */
export function parseSynapseVersion(text: string): SynapseVersion {
  const match = /(?<![\d.])(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?(?!\.?\d)/.exec(text)
  if (match === null) {
    throw new Refusal({
      code: "synapse/version-unknown",
      what: `${JSON.stringify(text.slice(0, 80))} does not read as a version of Synapse`,
      meaning: "What is written to homeserver.yaml depends on the version, so nothing was written.",
      next: "check that the container or the command named in the config is Synapse, then try again",
    })
  }
  const [, major, minor, patch, candidate] = match
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    candidate: candidate === undefined ? undefined : Number(candidate),
    text: text.trim(),
  }
}

/** Whether a version is the one given, a candidate of it, or later. */
export function isAtLeast(version: SynapseVersion, release: string): boolean {
  const [major = 0, minor = 0, patch = 0] = release.split(".").map(Number)
  if (version.major !== major) return version.major > major
  if (version.minor !== minor) return version.minor > minor
  return version.patch >= patch
}

export function knowsBlock(version: SynapseVersion): boolean {
  return isAtLeast(version, firstWithBlock)
}

export function has(version: SynapseVersion, feature: SynapseFeature): boolean {
  return isAtLeast(version, since[feature])
}

/** What our block needs of Synapse. */
export interface BlockNeeds {
  /** MAS's address as Synapse sees it. */
  readonly endpoint: string
  /** The shared secret is in a file, named by `secret_path`. */
  readonly secretInFile: boolean
}

/**
 * Refuses a Synapse that cannot be delegated with the block, or not with this one. The older form
 * (`experimental_features.msc3861`) is never written: it needs a client for Synapse in MAS and was removed in 1.157.
 *
 * Throws `synapse/too-old` below 1.136, and `synapse/faulty-release` for two faults of 1.142.0.
 */
export function requireDelegation(version: SynapseVersion, needs: BlockNeeds): void {
  if (!knowsBlock(version)) throw tooOld(version)
  const fault = faultOf(version, needs)
  if (fault === undefined) return
  throw new Refusal({
    code: "synapse/faulty-release",
    what: `Synapse ${version.text} ${fault.what}`,
    meaning: "Nothing was written; Synapse goes on as it was.",
    next: `go to Synapse ${fault.mendedIn} or later (${recommended} is known to work), or ${fault.instead}`,
  })
}

function tooOld(version: SynapseVersion): Refusal {
  return new Refusal({
    code: "synapse/too-old",
    what: `Synapse ${version.text} is too old to be delegated to MAS`,
    meaning:
      `It would ignore matrix_authentication_service without a word and go on with its own passwords. ` +
      "Nothing was written.",
    next: `go to Synapse ${recommended}, at the least ${firstWithBlock}, see that it runs, then try again`,
  })
}

interface Fault {
  readonly what: string
  readonly mendedIn: string
  readonly instead: string
}

function faultOf(version: SynapseVersion, needs: BlockNeeds): Fault | undefined {
  const is1420 = version.major === 1 && version.minor === 142 && version.patch === 0
  if (!is1420) return undefined
  // Synapse's change log, 1.142.0rc4: secret_path was refused since the move to pydantic 2.
  if (needs.secretInFile && version.candidate !== undefined && version.candidate < 4) {
    return { what: "refuses secret_path", mendedIn: "1.142.0", instead: "keep the secret in homeserver.yaml itself" }
  }
  // Synapse's change log, 1.142.1: the path of the endpoint was dropped.
  if (new URL(needs.endpoint).pathname !== "/") {
    return {
      what: "drops the path of the endpoint and would not find MAS",
      mendedIn: "1.142.1",
      instead: "give MAS an address without a path (mas.endpoint)",
    }
  }
  return undefined
}
