import type { Progress } from "../../components/report/progress.ts"
import type { Lab, PulumiRun } from "../lab/lab.ts"

/** Something that was claimed, and what was seen of it, in a few words. */
export interface Proven {
  readonly claim: string
  readonly seen: string
}

export interface Timed {
  readonly name: string
  readonly seconds: number
}

/** A rehearsal under way: each step is timed and told, each claim is kept with what was seen. */
export interface Course {
  readonly lab: Lab
  readonly proven: readonly Proven[]
  readonly steps: readonly Timed[]
  step<T>(name: string, work: (told: Progress) => Promise<T>): Promise<T>
  prove(claim: string, seen: string): void
}

export function courseOn(lab: Lab, progress: Progress): Course {
  const proven: Proven[] = []
  const steps: Timed[] = []
  return {
    lab,
    proven,
    steps,
    async step(name, work) {
      const begin = performance.now()
      const result = await progress.step(name, work)
      steps.push({ name, seconds: Math.round((performance.now() - begin) / 100) / 10 })
      return result
    },
    prove: (claim, seen) => void proven.push({ claim, seen }),
  }
}

/** Previews, tells the lines that say what will be different, and returns all that was printed. */
export async function previewed({ lab }: Course, told: Progress): Promise<string> {
  const { output } = await demand(lab.pulumi("preview", "--diff", "--stack", lab.stack))
  const lines = output.split("\n").map((line) => line.trim())
  for (const line of lines.filter((text) =>
    /MAS (will|would) get| → |^new to MAS|^the way back costs|^given up/.test(text),
  ))
    told.detail(line)
  return output
}

export function up({ lab }: Course): Promise<PulumiRun> {
  return demand(lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack))
}

/** Another `up` and a preview find nothing to do. */
export async function proveSettled(course: Course, where: string): Promise<void> {
  const { lab } = course
  await course.step(`pulumi up again, ${where}`, async () => {
    await demand(lab.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", lab.stack))
    course.prove(`a second \`pulumi up\` changes nothing, ${where}`, "rc 0 with --expect-no-changes")
  })
  await course.step(`pulumi preview, ${where}`, async () => {
    await demand(lab.pulumi("preview", "--expect-no-changes", "--stack", lab.stack))
    course.prove(`\`pulumi preview\` sees no drift, ${where}`, "rc 0 with --expect-no-changes")
  })
}

export async function demand(running: Promise<PulumiRun>): Promise<PulumiRun> {
  const run = await running
  if (run.exitCode !== 0) throw new Error(`pulumi ended with exit code ${run.exitCode}:\n${run.output}`)
  return run
}
