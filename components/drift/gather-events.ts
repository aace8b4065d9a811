import { isDeepStrictEqual } from "node:util"
import { type DriftItem, readDriftItem } from "../report/drift-item.ts"
import { visible } from "../report/visible.ts"
import type { Remark, Trouble } from "./drift-report.ts"
import { type EngineEvent, isStack, nameOf, type Step } from "./engine-event.ts"

/** What the events of one refresh and preview say, by URN. */
export interface Gathered {
  /** What each resource was found to be: the state's inputs before, the live ones after. */
  readonly refreshed: Map<string, Step>
  /** What an `up` would change. */
  readonly planned: Map<string, Step>
  /** What resources told of themselves. */
  readonly told: Map<string, DriftItem[]>
  readonly remarks: Remark[]
  readonly troubles: Trouble[]
  /** How many changes the engine counts; `undefined` as long as it has not come to its end. */
  changes: number | undefined
}

const changing = ["create", "update", "replace", "delete"]

export function gatherNothing(): Gathered {
  return { refreshed: new Map(), planned: new Map(), told: new Map(), remarks: [], troubles: [], changes: undefined }
}

/** Adds what one event says. */
export function gather(into: Gathered, { resourcePreEvent, resOutputsEvent, ...event }: EngineEvent): void {
  const begun = resourcePreEvent?.metadata
  const done = resOutputsEvent?.metadata
  if (done?.op === "refresh") into.refreshed.set(done.urn, done)
  if (begun && changing.includes(begun.op)) into.planned.set(begun.urn, begun)
  if (event.diagnosticEvent) listen(into, event.diagnosticEvent)
  if (event.summaryEvent && event.summaryEvent.result !== "failed") {
    const { resourceChanges } = event.summaryEvent
    into.changes = changing.reduce((sum, op) => sum + (resourceChanges[op] ?? 0), 0)
  }
}

type Diagnostic = NonNullable<EngineEvent["diagnosticEvent"]>

function listen(into: Gathered, { urn = "", message, severity }: Diagnostic): void {
  if (severity === "debug") {
    const item = readDriftItem(message)
    const told = into.told.get(urn) ?? []
    if (item && !told.some((other) => isDeepStrictEqual(other, item))) into.told.set(urn, [...told, item])
    return
  }
  const whose = urn === "" || isStack(urn) ? undefined : nameOf(urn)
  const text = visible(message.trim())
  if (severity === "error") addTrouble(into.troubles, whose, text)
  // What the program says of the config is said at every run; what a resource says is about what it saw.
  if (severity === "info" && whose !== undefined) addOnce(into.remarks, { resource: whose, text })
}

/** The engine's own "preview failed" only says that there are others; before what a resource refuses it names the resource. */
function addTrouble(troubles: Trouble[], resource: string | undefined, said: string): void {
  const text = said.replace(/^Preview failed: |^\S+ resource '[^']*' has a problem: /, "")
  if (text !== "preview failed") addOnce(troubles, resource === undefined ? { text } : { resource, text })
}

function addOnce<One extends { readonly text: string }>(list: One[], one: One): void {
  if (!list.some(({ text }) => text === one.text)) list.push(one)
}
