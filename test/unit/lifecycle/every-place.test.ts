import assert from "node:assert/strict"
import { before, test } from "node:test"
import { diff, read } from "../../../components/lifecycle/dispatch.ts"
import { notReadKey } from "../../../components/lifecycle/failures.ts"
import { declareEverything } from "../every-resource.ts"
import { type Registration, registrationsOf } from "../registrations.ts"

type Values = Readonly<Record<string, unknown>>

/** One place of one resource that the state names, and that is not there any more. */
interface Gone {
  readonly resource: Registration
  readonly place: string
  readonly state: Values
}

let resources: readonly Registration[]

before(async () => {
  const declared = await registrationsOf(declareEverything)
  resources = declared.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/"))
})

test("a container, file, port or host that is not where the state has it is a finding at every resource, and no error", async () => {
  const cases = resources.flatMap(casesOf)
  assert.ok(cases.length > 100, `${cases.length} places`)
  for (const { resource, place, state } of cases) {
    const name = `${resource.name}, ${place}`
    const found = await read(moduleOf(resource), "id", state)
    const { [notReadKey]: why } = found.props as Values
    if (found.id === "" || why === undefined) continue
    assert.match(String(why), /^[^\n]+ \([a-z]+\/[a-z-]+\)/, name)
    assert.equal("inputs" in found && (found.inputs as Values)[notReadKey], why, name)
    const { changes } = await diff(moduleOf(resource), found.props, wantedBy(resource))
    assert.equal(changes, true, `${name}: an update is planned`)
    const again = await read(moduleOf(resource), "id", found.props)
    assert.deepEqual(again, found, `${name}: the finding does not pile up`)
  }
})

test("what the server of a resource is not reached for is said for each of them", async () => {
  const told = await Promise.all(
    resources.map(async (resource) => {
      const found = await read(moduleOf(resource), "id", wantedBy(resource))
      return [resource.name, found.id === "" ? "gone" : typeof (found.props as Values)[notReadKey]] as const
    }),
  )
  const silent = told.filter(([, what]) => what === "undefined").map(([name]) => name)
  // A backup that is not there any more is told as an input of its own; where there is no state folder, no run was interrupted.
  assert.deepEqual(silent.toSorted(), ["backup", "recovery"])
})

function casesOf(resource: Registration): Gone[] {
  const wanted = wantedBy(resource)
  return placesIn(wanted).map(([path, value]) => ({
    resource,
    place: path.join("."),
    state: changed(wanted, path, typeof value === "number" ? 1 : elsewhere(value)) as Values,
  }))
}

function elsewhere(value: string): string {
  if (value.startsWith("/")) return `/nowhere${value}`
  return URL.canParse(value) ? "http://127.0.0.1:1/" : `${value}-of-before`
}

/** Every text and number in there, but for what is no place: the host's kind, and how a thing is to be. */
function placesIn(value: unknown, path: readonly string[] = []): [readonly string[], string | number][] {
  const notPlaces = ["host", "client", "acknowledge", "rules", "authentication", "takeOver", "rehearsal", "issuer"]
  if (notPlaces.includes(path.at(-1) ?? "")) return []
  if (typeof value === "string" || typeof value === "number") return [[path, value]]
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => placesIn(part, [...path, key]))
}

function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  return Object.assign(copy, { [key]: changed(copy[key], rest, to) })
}

function wantedBy({ inputs }: Registration): Values {
  const { __provider: _, self: __, above: ___, ...wanted } = inputs
  return JSON.parse(JSON.stringify(wanted))
}

function moduleOf({ inputs }: Registration): string {
  return /module: "([^"]+)"/.exec(String(inputs.__provider))?.[1] ?? assert.fail("no module")
}
