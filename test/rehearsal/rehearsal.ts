import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import type { Progress } from "../../components/report/progress.ts"
import type { Lab, PulumiRun } from "../lab/lab.ts"
import type { Seeded } from "../lab/seed/seed.ts"
import { seedLab } from "../lab/seed/seed-lab.ts"
import { changedLines } from "./changed-lines.ts"
import { fingerprintOf } from "./fingerprint.ts"
import { delegatedProofs } from "./proofs.ts"

/** What a rehearsal proved. */
export interface RehearsalReport {
  readonly proven: readonly { readonly claim: string; readonly seen: string }[]
  readonly steps: readonly { readonly name: string; readonly seconds: number }[]
  /** What the lab's people had before. Holds their tokens: not for the report. */
  readonly seeded: Seeded
}

/** The whole way there, on a lab of its own: legacy, seeded, previewed, cut over, looked at, converged. Throws at the first thing that does not hold. */
export async function rehearse(lab: Lab, progress: Progress): Promise<RehearsalReport> {
  const proven: { claim: string; seen: string }[] = []
  const steps: { name: string; seconds: number }[] = []
  const step = async <T>(name: string, work: (progress: Progress) => Promise<T>): Promise<T> => {
    const begin = performance.now()
    const result = await progress.step(name, work)
    steps.push({ name, seconds: Math.round((performance.now() - begin) / 100) / 10 })
    return result
  }
  const prove = (claim: string, seen: string) => proven.push({ claim, seen })

  await step("pulumi preview, before anything exists", async () => {
    const { output } = await demand(lab.pulumi("preview", "--stack", lab.stack))
    assert.match(output, /what is there now is known once the host's services exist/)
    prove("preview works before anything exists, and says what it cannot know", "rc 0")
  })
  await step("pulumi up: a living server, not ours yet", () => lab.bringUpServer())
  const seeded = await step("seeding: 21 accounts, 41 tokens, keys and history", () => seedLab(lab))
  await step("pulumi preview of the adoption", async (told) => {
    const untouched = await fingerprintOf(lab)
    const { output } = await demand(lab.pulumi("preview", "--diff", "--stack", lab.stack))
    tellPlan(output, told)
    assert.match(output, /MAS would get 21 users.* 41 access tokens/)
    assert.match(output, /matrix\.kind: synapse → synapse_read_only/)
    assert.deepEqual(await fingerprintOf(lab), untouched)
    prove(
      "preview shows clients, keys old → new and counts, and changes nothing",
      `${Object.keys(untouched).length} digests equal`,
    )
  })
  await step("pulumi up: all that is neutral, in legacy", () => up(lab))
  const before = await readDocuments(lab)
  await lab.configure({ authentication: "delegated" })
  await step("pulumi preview of the cutover", async (told) => {
    const { output } = await demand(lab.pulumi("preview", "--diff", "--stack", lab.stack))
    tellPlan(output, told)
  })
  await step("pulumi up: the cutover", () => up(lab))
  await step("what clients see now", (told) => proveDelegated(lab, seeded, { prove, told }))
  prove("homeserver.yaml and well-known differ by the managed keys only", sayChanges(before, await readDocuments(lab)))
  await step("pulumi up again", async () => {
    await demand(lab.pulumi("up", "--yes", "--expect-no-changes", "--stack", lab.stack))
    prove("a second `pulumi up` changes nothing", "rc 0 with --expect-no-changes")
  })
  await step("pulumi preview", async () => {
    await demand(lab.pulumi("preview", "--expect-no-changes", "--stack", lab.stack))
    prove("`pulumi preview` sees no drift", "rc 0 with --expect-no-changes")
  })
  return { proven, steps, seeded }
}

/** The lines of a preview that say what will be different. */
function tellPlan(output: string, { detail }: Progress): void {
  const lines = output.split("\n").map((line) => line.trim())
  for (const line of lines.filter((text) => /MAS (will|would) get| → |^new to MAS/.test(text))) detail(line)
}

function up(lab: Lab): Promise<PulumiRun> {
  return demand(lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack))
}

async function demand(running: Promise<PulumiRun>): Promise<PulumiRun> {
  const run = await running
  if (run.exitCode !== 0) throw new Error(`pulumi ended with exit code ${run.exitCode}:\n${run.output}`)
  return run
}

async function proveDelegated(
  lab: Lab,
  seeded: Seeded,
  { prove, told }: { readonly prove: (claim: string, seen: string) => void; readonly told: Progress },
): Promise<void> {
  for (const { claim, prove: proof } of delegatedProofs) {
    const seen = await proof(lab, seeded)
    told.detail(`${claim}: ${seen}`)
    prove(claim, seen)
  }
}

interface Documents {
  readonly homeserver: string
  readonly wellKnown: string
}

async function readDocuments({ places }: Lab): Promise<Documents> {
  return {
    homeserver: await readFile(places.synapse.homeserverYaml, "utf8"),
    wellKnown: await readFile(places.wellKnown.file, "utf8"),
  }
}

/** What may come and go: the managed keys, and what holds them together in JSON. */
const ours = {
  homeserver: {
    added: /^matrix_authentication_service:|^ {2}(enabled|endpoint|secret): |^$/,
    removed: /^ {2}enabled: true$|^oidc_providers:|^ {2}(# the dex|- idp_id:)|^ {4,}\S/,
  },
  wellKnown: {
    added: /org\.matrix\.msc2965\.authentication|"issuer"|"account"|^\s*[\]}],?$/,
    removed: /^\s*[\]}],?$/,
  },
}

function sayChanges(before: Documents, after: Documents): string {
  const counts = (["homeserver", "wellKnown"] as const).map((name) => {
    const { added, removed } = changedLines(before[name], after[name])
    const strange = [
      ...added.filter((line) => !ours[name].added.test(line)),
      ...removed.filter((line) => !ours[name].removed.test(line)),
    ]
    assert.deepEqual(strange, [], `lines of ${name} changed that are not ours`)
    return `${name}: +${added.length} -${removed.length} lines`
  })
  return counts.join(", ")
}
