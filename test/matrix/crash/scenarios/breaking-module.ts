import { rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { untilStep } from "../lab/moments.ts"
import { startPulumi, up } from "../lab/run-pulumi.ts"
import { type Edit, editedWorld, editFile } from "./edited-world.ts"
import { complain, type Scenario } from "./scenario.ts"

const reason = "this module keeps its own log-in, and MAS took it away"

/** Found as data.NAME, since Synapse works in / and its files are in /data. */
const moduleText = `class OwnLogIn:
    def __init__(self, config, api):
        if api._hs.config.mas.enabled:
            raise RuntimeError("${reason}")
`

const edit: Edit = (text) => `${text}\nmodules:\n  - module: data.own_log_in.OwnLogIn\n`
const back: Edit = (text) => text.replace("\nmodules:\n  - module: data.own_log_in.OwnLogIn\n", "")

/** What no look ahead can find: Synapse reads the file without a word, and only a real start fails. */
export const breakingModule: readonly Scenario[] = [
  {
    point: "cutover: restart-synapse",
    fault: "a module breaks the delegated Synapse when it starts, not when it reads its file",
    isKilled: false,
    async play({ lab, worlds, litter }) {
      const path = lab.places.synapse.homeserverYaml
      const module = join(dirname(path), "own_log_in.py")
      await writeFile(module, moduleText, { mode: 0o644 })
      litter.defer(() => rm(join(dirname(path), "__pycache__"), { recursive: true, force: true }))
      litter.defer(() => rm(module, { force: true }))
      await editFile(path, edit)
      litter.defer(() => editFile(path, back))
      const run = startPulumi(lab, up)
      await untilStep(lab, run, "stop-synapse")
      const at = Date.now()
      const ended = await run.ended
      const complaints = [
        ...complain(
          /synapse\/did-not-come-up/.test(ended.output),
          "pulumi up did not tell that Synapse did not come up",
        ),
        ...complain(ended.output.includes(reason), "pulumi up did not carry Synapse's own reason"),
      ]
      const [before, after] = [
        await editedWorld(lab, worlds.legacy, edit),
        await editedWorld(lab, worlds.delegated, edit),
      ]
      return { at, run: ended, complaints, note: reason, between: { before, after } }
    },
  },
]
