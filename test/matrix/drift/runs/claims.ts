import type { FoundItem } from "../../../../components/drift/drift-report.ts"
import type { Server } from "../lab/server.ts"
import type { Mutator, Named } from "../mutators/mutator.ts"

/** What a hand changed, and whether the look told of it. */
export interface Claim {
  readonly found: boolean
  readonly named: boolean
  readonly complaints: readonly string[]
}

export function claimOf(server: Server, mutator: Mutator, items: readonly FoundItem[]): Claim {
  const wanted = mutator.names(server)
  const told = wanted.map((named) => ({ named, item: items.find((item) => isAbout(item, named)) }))
  const missing = told.filter(({ item }) => item === undefined)
  const otherwise = told.filter(({ item, named }) => item !== undefined && !saysThat(item, named))
  return {
    found: wanted.length > 0 && missing.length < wanted.length,
    named: missing.length === 0 && otherwise.length === 0,
    complaints: [
      ...missing.map(({ named }) => `not named: ${inWords(named)}`),
      ...otherwise.map(({ item, named }) => `named as ${item && described(item)}, instead of ${inWords(named)}`),
    ],
  }
}

/** Items that come of no hand: false alarms. */
export function strangeItems(
  server: Server,
  batch: readonly Mutator[],
  items: readonly FoundItem[],
): readonly string[] {
  const claimed = batch.flatMap((mutator) => mutator.names(server))
  const along = batch.flatMap((mutator) => mutator.along ?? [])
  const strange = items.filter(
    (item) => !claimed.some((named) => isAbout(item, named)) && !along.some((key) => described(item).includes(key)),
  )
  return strange.map((item) => `nobody did that: ${described(item)}`)
}

function isAbout({ where }: FoundItem, named: Named): boolean {
  const places: readonly unknown[] = [where.file, where.container, where.database, where.url]
  const isThere =
    typeof named.where === "string"
      ? places.includes(named.where)
      : places.some((place) => typeof place === "string" && new RegExp(named.where).test(place))
  return isThere && where.keyPath === named.key
}

function saysThat(item: FoundItem, { live, wanted }: Named): boolean {
  const isLive = typeof live === "string" ? item.live === live : live.test(item.live)
  return isLive && item.wanted === wanted && (item.found === "drift" || item.isNotice === true)
}

export function described({ kind, found, where, live, wanted }: FoundItem): string {
  const place = [where.resource, where.file, where.container, where.database, where.url, where.keyPath]
  return `${kind}, ${found}: ${place.filter(Boolean).join(" ")}: ${live} → ${wanted}`
}

function inWords({ where, key, live, wanted }: Named): string {
  return `${[where, key].filter(Boolean).join(" ")}: ${live} → ${wanted}`
}
