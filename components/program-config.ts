import { readFileSync } from "node:fs"
import { getProject, getStack, log, RunError } from "@pulumi/pulumi"
import { allConfig } from "@pulumi/pulumi/runtime/index.js"
import { decodeConfig, storedConfig } from "./config/raw.ts"
import { readSettings } from "./config/read-settings.ts"
import type { Settings } from "./config/settings.ts"
import { parseDocument } from "./documents/parse.ts"
import { describeError } from "./report/describe-error.ts"
import { Refusal } from "./report/refusal.ts"
import { visible } from "./report/visible.ts"
import { stagingPlaces, stagingPrefix } from "./staging/staging-places.ts"

/** Reads this stack's config. What was mended is said; all mistakes end the run at once, before anything is contacted. */
export function readProgramConfig(): Settings {
  const [project, stack] = [getProject(), getStack()]
  const { raw, secretKeys } = decodeConfig(allConfig(), process.env.PULUMI_CONFIG_SECRET_KEYS, project)
  try {
    const prefix = stagingPrefix(project, stack)
    const places = (staging: Parameters<typeof stagingPlaces>[1]) => stagingPlaces(prefix, staging)
    const stored = storedConfig(readStackFile(stack), project)
    const { settings, notes } = readSettings(raw, { stack, secretKeys, stored, stagingPlaces: places })
    for (const note of notes) void log.info(visible(note))
    return settings
  } catch (error) {
    // A mistake in the config needs no stack trace.
    throw error instanceof Refusal ? new RunError(describeError(error)) : error
  }
}

/**
 * The stack's config as it is stored: it tells a secret in the clear beside an encrypted one. Where it lies elsewhere
 * (`--config-file`) the engine's own list of keys has to do.
 */
function readStackFile(stack: string): unknown {
  try {
    return parseDocument(readFileSync(`Pulumi.${stack}.yaml`, "utf8"), "yaml12")
  } catch {
    return undefined
  }
}
