import { remembering } from "../host/inspection.ts"
import { openHost } from "../host/open-host.ts"
import { describeError } from "../report/describe-error.ts"
import { type DriftItem, writeDriftItem } from "../report/drift-item.ts"
import { sayUnder } from "./engine.ts"
import { failureOf, notReadKey, whyNotRead } from "./failures.ts"
import { type Checked, type Context, type HostedInputs, type Lifecycle, PartlyDone } from "./lifecycle.ts"
import { changedKeys, fingerprint, hasUnknown, type Properties, toWire, withoutProvider } from "./wire.ts"

/** What the shim calls, in the provider process. It alone knows how answers and failures travel to the engine. */

type AnyLifecycle = Lifecycle<HostedInputs, object>

/** Only `check` is told the URN; what it found is kept for the calls that follow with the same inputs. */
const urns = new Map<string, string>()

export async function check(module: string, olds: Properties, news: Properties): Promise<CheckAnswer> {
  const { self, above, ...inputs } = withoutProvider(news)
  const { self: _, above: __, [notReadKey]: notRead, ...before } = withoutProvider(olds)
  if (hasUnknown(inputs)) {
    if (typeof self === "string") void sayUnder(self, "what is there now is known once the host's services exist")
    return { inputs: toWire(inputs), failures: [] }
  }
  const lifecycle = await load(module)
  const wanted = inputs as unknown as HostedInputs
  try {
    const context = contextOf(wanted, typeof self === "string" ? self : undefined)
    const known =
      Object.keys(before).length === 0 || hasUnknown(before) ? undefined : (before as unknown as HostedInputs)
    const checked = (await lifecycle.check?.(wanted, known, context)) ?? { inputs: wanted }
    const answer = toWire(checked.inputs)
    if (typeof self === "string") {
      urns.set(fingerprint(answer), self)
      const drift = [...notReadBefore(notRead), ...(checked.drift ?? [])]
      await tell(self, typeof above === "string" ? above : self, { ...checked, drift })
    }
    return { inputs: answer, failures: [] }
  } catch (error) {
    // With a property's name the engine would print that property's value, in clear even when it is a secret.
    return { inputs: toWire(inputs), failures: [{ property: "", reason: describeError(error) }] }
  }
}

function notReadBefore(why: unknown): DriftItem[] {
  if (typeof why !== "string") return []
  return [{ kind: "running", where: { keyPath: notReadKey }, live: why, wanted: "can be looked at" }]
}

/** Before the answer: with it the run may be over, and what was not heard by then is lost. One by one: the engine keeps no order. */
async function tell(urn: string, above: string, { summary = [], plan = [], drift = [] }: Checked<HostedInputs>) {
  for (const line of summary) await sayUnder(above, line)
  for (const line of plan) await sayUnder(urn, line)
  await Promise.all(drift.map((item) => sayUnder(urn, writeDriftItem(item), "machines")))
}

export interface CheckAnswer {
  readonly inputs: Record<string, unknown>
  readonly failures: { property: string; reason: string }[]
}

export async function diff(module: string, olds: Properties, news: Properties) {
  const { identity, outputs } = await load(module)
  const changed = changedKeys(olds, news, outputs)
  if (changed.length === 0) return { changes: false }
  const replaces = changed.filter((key) => (identity as readonly string[]).includes(key))
  return { changes: true, replaces, deleteBeforeReplace: true }
}

export async function create(module: string, inputs: Properties) {
  const wanted = toWire(withoutProvider(inputs))
  const id = identify(module, await load(module), wanted)
  return { id, outs: await converge(module, id, wanted, undefined) }
}

export async function update(module: string, id: string, olds: Properties, news: Properties) {
  const { [notReadKey]: _, ...state } = toWire(withoutProvider(olds))
  return { outs: await converge(module, id, toWire(withoutProvider(news)), state) }
}

/**
 * What cannot be looked at, a container that is not there or a file that was moved, is a finding and no error: the state
 * says where things were at the last `up`, and only the program, which comes after this, says where they are now.
 */
export async function read(module: string, id: string, state: Properties) {
  const lifecycle = await load(module)
  const { [notReadKey]: _, ...known } = toWire(withoutProvider(state))
  const kept = known as unknown as HostedInputs
  try {
    const live = await lifecycle.read(kept, contextOf(kept))
    return live === undefined ? { id: "", props: {} } : foundBy(lifecycle, id, toWire(live))
  } catch (error) {
    const why = whyNotRead(error)
    if (why === undefined) throw failureOf(error)
    return foundBy(lifecycle, id, { ...known, [notReadKey]: why })
  }
}

function foundBy({ outputs }: AnyLifecycle, id: string, props: Record<string, unknown>) {
  const inputs = Object.entries(props).filter(([key]) => !(outputs as readonly string[]).includes(key))
  return { id, props, inputs: Object.fromEntries(inputs) }
}

export async function remove(module: string, state: Properties): Promise<void> {
  const lifecycle = await load(module)
  const { [notReadKey]: _, ...kept } = toWire(withoutProvider(state))
  const inputs = kept as unknown as HostedInputs
  try {
    await lifecycle.remove(inputs, contextOf(inputs))
  } catch (error) {
    throw failureOf(error)
  }
}

async function converge(module: string, id: string, wanted: Properties, state: Properties | undefined) {
  const lifecycle = await load(module)
  const inputs = wanted as unknown as HostedInputs
  try {
    const outputs = await lifecycle.converge(inputs, state as object | undefined, contextOf(inputs))
    return toWire({ ...wanted, ...outputs })
  } catch (error) {
    throw error instanceof PartlyDone ? saved(id, wanted, error) : failureOf(error)
  }
}

/** The engine's partial failure: the resource is saved as it is, and the run fails with the message. */
function saved(id: string, wanted: Properties, error: PartlyDone<object>) {
  const message = describeError(error.cause)
  return Object.assign(new Error(message), {
    id,
    properties: toWire({ ...wanted, ...error.outputs }),
    reasons: [message],
  })
}

async function load(module: string): Promise<AnyLifecycle> {
  const { lifecycle } = (await import(`../${module}.ts`)) as { lifecycle: AnyLifecycle }
  return lifecycle
}

function identify(module: string, lifecycle: AnyLifecycle, inputs: Properties): string {
  const parts = (lifecycle.identity as readonly string[]).map((key) => String(inputs[key]))
  return [module.replace(/\.provider$/, ""), ...parts].join("|")
}

function contextOf(inputs: HostedInputs, urn = urns.get(fingerprint(inputs))): Context {
  const say = (line: string) => {
    if (urn) void sayUnder(urn, line)
  }
  return { host: remembering(openHost(inputs.host)), say }
}
