import { mkdir, rm, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { Command } from "commander"
import { digestOfProgram } from "../../components/migration/certificate-program.ts"
import { describeError } from "../../components/report/describe-error.ts"
import { formatDuration } from "../../components/report/durations.ts"
import { createProgress } from "../../components/report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../../components/report/progress-sinks.ts"
import { renderTable } from "../../components/report/table.ts"
import { type Lab, makeLab } from "../lab/lab.ts"
import { passwordOf } from "../lab/seed/people.ts"
import { imagesOf, type LabImages } from "../offline/images/images.ts"
import { prepareToolchain } from "../offline/toolchain/toolchain.ts"
import { certify } from "./certify.ts"
import { type RehearsalReport, rehearse } from "./rehearsal.ts"
import { takeSettingsOf } from "./stack-settings.ts"

const command = new Command("rehearse")
  .description(
    "Takes a seeded Synapse of its own to MAS, back, and there again, and proves at each stop what clients see.",
  )
  .option("--keep", "leave the lab running and print its addresses and log-ins")
  .option("--json", "progress as one JSON object a line")
  .option("--stack <name>", "with the settings of this stack that decide how a cutover behaves")
  .option("--synapse <version>", "with this release of Synapse")
  .option("--mas <version>", "with this release of MAS")
  .option("--image <name=reference...>", "take this image: synapse, mas, postgres, nginx or element")
  .parse()

interface Options {
  readonly keep?: boolean
  readonly json?: boolean
  readonly stack?: string
  readonly synapse?: string
  readonly mas?: string
  readonly image?: readonly string[]
}

const options = command.opts<Options>()
const folder = resolve(import.meta.dirname, "../../out/rehearsal")
const write = (line: string) => void process.stdout.write(`${line}\n`)
const sink = options.json ? jsonSink(write) : process.stdout.isTTY ? terminalSink(process.stdout) : plainSink(write)
const progress = createProgress(sink)

process.exitCode = await run()

async function run(): Promise<number> {
  const begin = performance.now()
  let lab: Lab | undefined
  try {
    const program = await digestOfProgram()
    lab = await progress.step("preparing the lab", ({ detail }) => prepare(detail))
    const report = await rehearse(lab, progress)
    await writeOut("report.json", { outcome: "proven", proven: report.proven, steps: report.steps })
    if (program !== (await digestOfProgram()))
      throw new Error("components/ was edited meanwhile: what was rehearsed is no longer there, so it is not certified")
    await writeOut("certificate.json", await certify(lab, report, program))
    if (!options.json) summarise(report, (performance.now() - begin) / 1000)
    if (options.keep) introduce(lab)
    return 0
  } catch (error) {
    await writeOut("report.json", { outcome: "failed", error: describeError(error) })
    // An older one would go on telling what no longer holds.
    await rm(join(folder, "certificate.json"), { force: true })
    process.stderr.write(`${describeError(error)}\n`)
    return 1
  } finally {
    const made = lab
    if (made && !options.keep) await progress.step("taking the lab down", () => made.destroy())
  }
}

async function prepare(say: (line: string) => void): Promise<Lab> {
  const { dockerCli: docker, environment } = await prepareToolchain(say)
  const images = await imagesOf(options, { docker, environment, say })
  const lab = await makeLab({ images: { ...images, ...chosenImages() }, say })
  if (options.stack !== undefined) await takeSettingsOf(options.stack, lab)
  return lab
}

function chosenImages(): Partial<LabImages> {
  const names = ["synapse", "mas", "postgres", "nginx", "element"]
  const chosen = (options.image ?? []).map((text) => text.split(/=(.*)/s).slice(0, 2))
  const wrong = chosen.filter(([name = "", reference]) => !names.includes(name) || !reference)
  if (wrong.length > 0) command.error(`--image takes NAME=REFERENCE, with a name of ${names.join(", ")}`)
  return Object.fromEntries(chosen)
}

async function writeOut(name: string, content: object): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `${JSON.stringify({ at: new Date().toISOString(), ...content }, null, 2)}\n`)
}

function summarise({ proven, steps }: RehearsalReport, seconds: number): void {
  write("")
  write(
    renderTable(
      ["Step", "Took"],
      steps.map(({ name, seconds: took }) => [name, formatDuration(took)]),
    ),
  )
  write("")
  write(
    renderTable(
      ["Proven", "Seen"],
      proven.map(({ claim, seen }) => [claim, seen]),
    ),
  )
  write("")
  write(`Everything held, in ${formatDuration(seconds)}. The report: out/rehearsal/report.json`)
  write("What a cutover asks for: out/rehearsal/certificate.json")
}

function introduce({ places, stack, project }: Lab): void {
  write("")
  write(`The lab goes on. Homeserver ${places.synapse.url}  MAS ${places.mas.issuer}  Element ${places.element.url}`)
  write(`Log in as alice (an admin) with the password: ${passwordOf("alice")}`)
  const root = dirname(project)
  write("To work with it, and to take it down:")
  write(`  . ${root}/environment.sh && cd ${project} && pulumi preview --stack ${stack}`)
  write(`  pulumi destroy --yes --stack ${stack} && cd / && rm -r ${root}`)
}
