import { randomBytes } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import type {
  CheckFailure,
  CheckResult,
  CreateResult,
  DiffResult,
  Provider,
  UpdateResult,
} from "@pulumi/pulumi/provider/index.js"
import type { Log } from "./engine-log.ts"
import { type CommandInputs, type CommandOutputs, runLocally } from "./local-command.ts"
import { asSecret, holdsSecret, unwrapped } from "./secret-values.ts"

/** The version of npm's @pulumi/command that this stands in for: the engine asks for the plugin by it. */
export const version = "1.2.1"

/** Values as the engine sends them: secrets are marked (see secret-values.ts), and must go back so. */
type Wire = Record<string, unknown>

const modelled = new Set([
  ...["create", "update", "delete", "stdin", "environment", "dir", "interpreter", "triggers", "logging"],
  "addPreviousOutputInEnv",
])

/** The plugin: what the engine may ask of a `command:local:Command`. Its methods stand in the order of a run. */
export function commandProvider(log: Log): Provider {
  async function run(urn: string, command: string | undefined, { inputs, previous }: RunOf): Promise<Wire> {
    const plain = unwrapped(inputs) as CommandInputs
    const before = unwrapped(previous ?? {}) as Partial<CommandOutputs>
    const outputs =
      command === undefined
        ? { stdout: before.stdout ?? "", stderr: before.stderr ?? "" }
        : await runLocally({ command, inputs: plain, previous: before, log: (line) => log(urn, line) })
    if (!holdsSecret(inputs)) return { ...inputs, ...outputs }
    return { ...inputs, stdout: asSecret(outputs.stdout), stderr: asSecret(outputs.stderr) }
  }

  return {
    version,
    schema: JSON.stringify({ name: "command", version, resources: {} }),

    async check(urn: string, _olds: Wire, news: Wire): Promise<CheckResult> {
      return { inputs: news, failures: notModelled(urn, news) }
    },

    async diff(_id: string, _urn: string, olds: Wire, news: Wire): Promise<DiffResult> {
      const changed = [...modelled].filter((name) => !isDeepStrictEqual(unwrapped(olds[name]), unwrapped(news[name])))
      return { changes: changed.length > 0, replaces: changed.filter((name) => name === "triggers") }
    },

    async create(urn: string, inputs: Wire): Promise<CreateResult> {
      const { create } = unwrapped(inputs) as CommandInputs
      const outs = await run(urn, create, { inputs })
      return { id: `${urn.split("::").at(-1)}${randomBytes(4).toString("hex")}`, outs }
    },

    async update(_id: string, urn: string, olds: Wire, news: Wire): Promise<UpdateResult> {
      const { create, update } = unwrapped(news) as CommandInputs
      return { outs: await run(urn, update ?? create, { inputs: news, previous: olds }) }
    },

    async delete(_id: string, urn: string, props: Wire): Promise<void> {
      await run(urn, (unwrapped(props) as CommandInputs).delete, { inputs: props, previous: props })
    },
  }
}

interface RunOf {
  readonly inputs: Wire
  readonly previous?: Wire
}

// The names only: an input may be a secret.
function notModelled(urn: string, news: Wire): CheckFailure[] {
  const type = urn.split("::").at(2)?.split("$").at(-1)
  if (type !== "command:local:Command")
    return [{ property: "", reason: `the stand-in for the command plugin does not know ${type}` }]
  return Object.keys(news)
    .filter((name) => !modelled.has(name) && !name.startsWith("__"))
    .map((name) => ({ property: "", reason: `the stand-in for the command plugin does not model ${name}` }))
}
