import { z } from "zod"

/**
 * The engine's log of events, one JSON object a line, as `--event-log` writes it (seen with Pulumi 3.259; Pulumi's own
 * Automation API lives on it, too). Only what is needed here; secrets stand in it as `[secret]`.
 */
const state = z.object({ inputs: z.record(z.string(), z.unknown()).default({}) })

const step = z.object({
  metadata: z.object({
    op: z.string(),
    urn: z.string(),
    type: z.string(),
    old: state.nullish(),
    new: state.nullish(),
  }),
})

const event = z.object({
  resourcePreEvent: step.optional(),
  resOutputsEvent: step.optional(),
  diagnosticEvent: z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() }).optional(),
  summaryEvent: z
    .object({ result: z.string().optional(), resourceChanges: z.record(z.string(), z.number()) })
    .optional(),
})

export type EngineEvent = z.infer<typeof event>

/** What a step is about: what it does, to which resource, and the inputs before and after it. */
export type Step = z.infer<typeof step>["metadata"]

/** Throws what zod throws, for a line that is none of the engine's. */
export function readEvent(line: string): EngineEvent {
  return event.parse(JSON.parse(line))
}

/** The name that a resource has in the program. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn
}

/** The stack itself counts as a resource for the engine, and not for people. */
export function isStack(urn: string): boolean {
  return urn.includes("::pulumi:pulumi:Stack::")
}

/** So does what does the engine's work. */
export function isProvider(urn: string): boolean {
  return urn.includes("::pulumi:providers:")
}
