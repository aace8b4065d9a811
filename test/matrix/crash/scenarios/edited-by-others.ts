import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { untilStep } from "../lab/moments.ts"
import { runPulumi, startPulumi, up } from "../lab/run-pulumi.ts"
import { type Edit, editedWorld, editFile } from "./edited-world.ts"
import { upHalfWay } from "./half-way.ts"
import { complain, type Scenario } from "./scenario.ts"

const edit: Edit = (text) => text.replace("max_upload_size: 50M", "max_upload_size: 60M  # videos")
const back: Edit = (text) => text.replace("max_upload_size: 60M  # videos", "max_upload_size: 50M")

/** Somebody edits homeserver.yaml by hand while we are about to: not a byte of theirs is lost. */
export const editedByOthers: readonly Scenario[] = [
  {
    point: "cutover: between preview and up",
    fault: "homeserver.yaml is edited by somebody",
    isKilled: false,
    async play({ lab, worlds, litter }) {
      const path = lab.places.synapse.homeserverYaml
      const preview = await runPulumi(lab, "preview")
      await editFile(path, edit)
      litter.defer(() => editFile(path, back))
      const running = startPulumi(lab, up)
      await untilStep(lab, running, "stop-synapse")
      const at = Date.now()
      const run = await running.ended
      const complaints = [
        ...complain(preview.exitCode === 0, `pulumi preview ended with exit code ${preview.exitCode}`),
        ...complain(run.exitCode === 0, `pulumi up ended with exit code ${run.exitCode}`),
      ]
      const [before, after] = [
        await editedWorld(lab, worlds.legacy, edit),
        await editedWorld(lab, worlds.delegated, edit),
      ]
      return { at, run, complaints, note: "the cutover went through, with the edit in it", between: { before, after } }
    },
  },
  {
    point: "cutover: migrate, half-way",
    fault: "homeserver.yaml is edited by somebody",
    isKilled: false,
    async play(stage) {
      const { places } = stage.lab
      const { run, holdUp } = await upHalfWay(stage, "migrate")
      const at = Date.now()
      await editFile(places.synapse.homeserverYaml, edit)
      const edited = await readFile(places.synapse.homeserverYaml, "utf8")
      await holdUp.release()
      const ended = await run.ended
      const kept = await keptEdits(places.host.stateFolder)
      const complaints = [
        ...complain(/host\/file-changed/.test(ended.output), "pulumi up did not tell that the file was changed"),
        ...complain(/somebody's edit, is kept/.test(ended.output), "pulumi up did not tell where the edit is kept"),
        ...complain(kept.includes(edited), "the edit is lost"),
      ]
      return { at, run: ended, complaints, note: "refused; the edit is kept beside, and its place told" }
    },
  },
]

async function keptEdits(stateFolder: string): Promise<readonly string[]> {
  const names = (await readdir(stateFolder)).filter((name) => name.startsWith("homeserver.found-"))
  return Promise.all(names.map((name) => readFile(join(stateFolder, name), "utf8")))
}
