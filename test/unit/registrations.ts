import { disconnect, getMonitor, setMocks } from "@pulumi/pulumi/runtime/index.js"

/** A resource as a program declared it: what the engine would have been told. */
export interface Registration {
  readonly name: string
  readonly type: string
  /** Type of the component that it belongs to. */
  readonly parent: string | undefined
  /** Names of the resources that it waits for. */
  readonly after: readonly string[]
  /** Plain: secrets are unwrapped here. */
  readonly inputs: Readonly<Record<string, unknown>>
  /** Names of the inputs that hold a secret, at any depth. */
  readonly secretInputs: readonly string[]
}

/** What the engine is told, and Pulumi's mocks leave out. */
interface Request {
  getName(): string
  getParent(): string
  getDependenciesList(): string[]
}

type Ties = Pick<Registration, "parent" | "after">

/** What stands around a secret on its way to the engine (`specialSigKey` of @pulumi/pulumi, seen with 3.270). */
const secretMark = "4dabf18193072939515e22adb298388d"

/** Outputs that the program goes on with; each resource answers with its inputs and these. */
const outputs = {
  revision: 1,
  migrated: {},
  migratedAt: null,
  rehearsed: null,
  synapseUser: "991:991",
  masUser: "65532:65532",
}

/** Runs a program without an engine and tells what it declared, in the order in which it was declared. */
export async function registrationsOf(program: () => void, stack = "test"): Promise<readonly Registration[]> {
  const ties = new Map<string, Ties>()
  const found: Registration[] = []
  const newResource = ({ type, name, inputs }: { type: string; name: string; inputs: Record<string, unknown> }) => {
    const secretInputs = Object.keys(inputs).filter((key) => holdsSecret(inputs[key]))
    const plain = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, unwrapped(value)]))
    found.push({ name, type, parent: undefined, after: [], ...ties.get(name), inputs: plain, secretInputs })
    return { id: name, state: { ...inputs, ...outputs } }
  }
  await setMocks({ newResource, call: () => ({}) }, "matrix-auth", stack)
  noteTies(ties)
  program()
  await disconnect()
  return found
}

function noteTies(ties: Map<string, Ties>): void {
  const monitor = getMonitor() as unknown as { registerResource(request: Request, done: unknown): Promise<void> }
  const register = monitor.registerResource.bind(monitor)
  monitor.registerResource = (request, done) => {
    const parent = request.getParent().split("::")[2]
    const after = request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? "")
    ties.set(request.getName(), { parent, after })
    return register(request, done)
  }
}

function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false
  return secretMark in value || Object.values(value).some(holdsSecret)
}

function unwrapped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (secretMark in value && "value" in value) return unwrapped(value.value)
  if (Array.isArray(value)) return value.map(unwrapped)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unwrapped(part)]))
}
