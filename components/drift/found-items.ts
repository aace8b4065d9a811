import type { DriftItem } from "../report/drift-item.ts"
import { inOneLine, visible } from "../report/visible.ts"
import type { Found, FoundItem } from "./drift-report.ts"
import { isStack, nameOf, type Step } from "./engine-event.ts"
import type { Gathered } from "./gather-events.ts"
import { differences, isKnown } from "./input-differences.ts"
import { itemsOfStep } from "./step-items.ts"

export interface FoundThings {
  readonly items: readonly FoundItem[]
  /** Resources that run again only because of others. */
  readonly follows: readonly string[]
}

/** What is not as it should be: what resources told, and of those that told nothing what the engine would change. */
export function findItems(gathered: Gathered): FoundThings {
  const steps = [...gathered.planned.values()].filter(({ urn }) => !isStack(urn))
  const untold = steps.filter(({ urn }) => !gathered.told.has(urn))
  const followers = untold.filter(isFollower)
  const told = [...gathered.told].flatMap(([urn, items]) => items.map((item) => found(gathered, urn, item)))
  const seen = untold
    .filter((step) => !followers.includes(step))
    .flatMap((step) => itemsOfStep(step).map((item) => found(gathered, step.urn, item)))
  if (told.length + seen.length > 0 || (gathered.changes ?? 0) === 0)
    return { items: [...told, ...seen], follows: followers.map(({ urn }) => nameOf(urn)) }
  // A plan that is not empty never ends as clean, whatever it holds.
  return {
    items: steps.flatMap((step) => itemsOfStep(step).map((item) => found(gathered, step.urn, item))),
    follows: [],
  }
}

/** It is updated by what is known only after another was: nothing of its own differs. */
function isFollower(step: Step): boolean {
  if (step.op !== "update" || !step.old || !step.new) return false
  const all = differences(step.old.inputs, step.new.inputs)
  return all.length > 0 && !all.some(isKnown)
}

function found(gathered: Gathered, urn: string, item: DriftItem): FoundItem {
  const { live, wanted, diff, where } = item
  const place = Object.fromEntries(Object.entries(where).map(([part, text]) => [part, inOneLine(String(text))]))
  return {
    ...item,
    where: { ...place, resource: nameOf(urn) },
    live: inOneLine(live),
    wanted: inOneLine(wanted),
    ...(diff === undefined ? {} : { diff: visible(diff) }),
    found: howFound(item, gathered.planned.get(urn), gathered.refreshed.get(urn)),
  }
}

/** On the server, or in the config: that is where live and state differ, or not. What is secret looks always the same. */
function howFound({ isNotice, where }: DriftItem, step: Step | undefined, refreshed: Step | undefined): Found {
  if (isNotice === true) return "notice"
  if (step === undefined) return "drift"
  if (step.op === "delete" || refreshed === undefined) return "not applied"
  const onServer = keysOf(refreshed)
  const toChange = keysOf(step)
  const isOurs = toChange.includes(where.keyPath ?? "")
    ? !onServer.includes(where.keyPath ?? "")
    : onServer.length === 0
  return isOurs && toChange.length > 0 && refreshed.new ? "not applied" : "drift"
}

function keysOf({ old: before, new: after }: Step): readonly string[] {
  return differences(before?.inputs ?? {}, after?.inputs ?? {}).map(({ keyPath }) => keyPath)
}
