import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { Command } from "commander"
import { describeError } from "../../components/report/describe-error.ts"
import { formatDuration } from "../../components/report/durations.ts"
import { createProgress } from "../../components/report/progress.ts"
import { jsonSink, plainSink, terminalSink } from "../../components/report/progress-sinks.ts"
import { renderTable } from "../../components/report/table.ts"
import type { LabImages } from "../lab/images/images.ts"
import { type Lab, makeLab } from "../lab/lab.ts"
import { passwordOf } from "../lab/seed/people.ts"
import { type RehearsalReport, rehearse } from "./rehearsal.ts"

const program = new Command("rehearse")
  .description(
    "Takes a seeded Synapse of its own to MAS, back, and there again, and proves at each stop what clients see.",
  )
  .option("--keep", "leave the lab running and print its addresses and log-ins")
  .option("--json", "progress as one JSON object a line")
  .option("--image <name=reference...>", "take this image: synapse, mas, postgres, nginx or element")
  .parse()

interface Options {
  readonly keep?: boolean
  readonly json?: boolean
  readonly image?: readonly string[]
}

const options = program.opts<Options>()
const write = (line: string) => void process.stdout.write(`${line}\n`)
const sink = options.json ? jsonSink(write) : process.stdout.isTTY ? terminalSink(process.stdout) : plainSink(write)
const progress = createProgress(sink)

process.exitCode = await run()

async function run(): Promise<number> {
  const begin = performance.now()
  let lab: Lab | undefined
  try {
    lab = await progress.step("preparing the lab", ({ detail }) => makeLab({ images: chosenImages(), say: detail }))
    endOnSignal(lab)
    const report = await rehearse(lab, progress)
    await writeReport({ outcome: "proven", proven: report.proven, steps: report.steps })
    if (!options.json) summarise(report, (performance.now() - begin) / 1000)
    if (options.keep) introduce(lab)
    return 0
  } catch (error) {
    await writeReport({ outcome: "failed", error: describeError(error) })
    process.stderr.write(`${describeError(error)}\n`)
    return 1
  } finally {
    const made = lab
    if (made && !options.keep) await progress.step("taking the lab down", () => made.destroy())
  }
}

function chosenImages(): Partial<LabImages> {
  const names = ["synapse", "mas", "postgres", "nginx", "element"]
  const chosen = (options.image ?? []).map((text) => text.split(/=(.*)/s).slice(0, 2))
  const wrong = chosen.filter(([name = "", reference]) => !names.includes(name) || !reference)
  if (wrong.length > 0) program.error(`--image takes NAME=REFERENCE, with a name of ${names.join(", ")}`)
  return Object.fromEntries(chosen)
}

/** Ctrl-C takes the lab down as well. */
function endOnSignal(lab: Lab): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      process.stderr.write("ended by a signal: taking the lab down\n")
      void lab.destroy().finally(() => process.exit(130))
    })
  }
}

async function writeReport(report: object): Promise<void> {
  const folder = resolve(import.meta.dirname, "../../out/rehearsal")
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, "report.json"),
    `${JSON.stringify({ at: new Date().toISOString(), ...report }, null, 2)}\n`,
  )
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
