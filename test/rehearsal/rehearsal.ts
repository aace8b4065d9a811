import assert from "node:assert/strict"
import type { Progress } from "../../components/report/progress.ts"
import type { ClientView } from "../../components/web/client-view.ts"
import type { Lab } from "../lab/lab.ts"
import { people } from "../lab/seed/people.ts"
import { logInOnDevice, type Seeded, sendMessage } from "../lab/seed/seed.ts"
import { seedLab } from "../lab/seed/seed-lab.ts"
import { type Course, courseOn, demand, type Proven, previewed, proveSettled, type Timed, up } from "./course.ts"
import { type Documents, editedByOthers, letOthersEdit, readDocuments, sayChanges } from "./documents.ts"
import { fingerprintOf } from "./fingerprint.ts"
import { clientViewOf, delegatedProofs, legacyProofs, logIn, type Proof } from "./proofs.ts"

/** What a rehearsal proved. */
export interface RehearsalReport {
  readonly proven: readonly Proven[]
  readonly steps: readonly Timed[]
  /** What the lab's people had before. Holds their tokens: not for the report. */
  readonly seeded: Seeded
}

/** How the server was before anything of it changed. */
interface Beginning {
  readonly seeded: Seeded
  readonly documents: Documents
  readonly view: ClientView
}

/**
 * There, back, and there again, on a lab of its own; at each stop what clients see is looked at. Throws at the first thing
 * that does not hold.
 */
export async function rehearse(lab: Lab, progress: Progress): Promise<RehearsalReport> {
  const course = courseOn(lab, progress)
  const beginning = await begin(course)
  await goThere(course, beginning)
  const written = await live(course, beginning.seeded)
  await goBack(course, { ...beginning, seeded: written })
  const seeded = await goThereAgain(course, written)
  return { proven: course.proven, steps: course.steps, seeded }
}

async function begin(course: Course): Promise<Beginning> {
  const { lab } = course
  // MAS comes up five times, and each time it is this long until its log counts as clean.
  await lab.configure({ mas: { cleanLogSeconds: 1 } })
  await course.step("pulumi preview, before anything exists", async () => {
    const { output } = await demand(lab.pulumi("preview", "--stack", lab.stack))
    assert.match(output, /what is there now is known once the host's services exist/)
    course.prove("preview works before anything exists, and says what it cannot know", "rc 0")
  })
  await course.step("pulumi up: a living server, not ours yet", () => lab.bringUpServer())
  const seeded = await course.step("seeding: 21 accounts, 41 tokens, keys and history", () => seedLab(lab))
  const [documents, view] = [await readDocuments(lab), await clientViewOf(lab)]
  await course.step("pulumi preview of the adoption", async (told) => {
    const untouched = await fingerprintOf(lab)
    const output = await previewed(course, told)
    assert.match(output, /MAS would get 21 users.* 41 access tokens/)
    assert.match(output, /matrix\.kind: synapse → synapse_read_only/)
    assert.deepEqual(await fingerprintOf(lab), untouched)
    course.prove(
      "preview shows clients, keys old → new and counts, and changes nothing",
      `${Object.keys(untouched).length} digests equal`,
    )
  })
  await course.step("pulumi up: all that is neutral, in legacy", () => up(course))
  assert.deepEqual(await readDocuments(lab), documents, "in legacy, documents that people's clients go by changed")
  return { seeded, documents, view }
}

async function goThere(course: Course, { seeded, documents }: Beginning): Promise<void> {
  const { lab } = course
  await lab.configure({ authentication: "delegated" })
  await course.step("pulumi preview of the cutover", async (told) => {
    const output = await previewed(course, told)
    demandInOrder(output, "the way there, in this order:", "1. ", "2. ", "3. Synapse stops: for about ", "4. ", "5. ")
    assert.match(output, /MAS will get 21 users.*41 access tokens/)
    course.prove("preview says in plain words what will happen, in order, and how long it takes", "5 lines")
  })
  await course.step("pulumi up: the cutover", () => up(course))
  await proveAll(course, "delegated", { proofs: delegatedProofs, seeded })
  course.prove("the documents differ by the managed keys only", sayChanges(documents, await readDocuments(lab)))
}

/** Life goes on while delegated: people write and log in, and somebody edits the documents with no thought of us. */
async function live(course: Course, seeded: Seeded): Promise<Seeded> {
  const { lab } = course
  const [alice] = seeded.sessions
  assert.ok(alice)
  const message = await sendMessage(lab.places.synapse.url, alice, { room: seeded.room, name: "while delegated" })
  await logIn(lab, "ivan")
  await letOthersEdit(lab)
  await proveSettled(course, "delegated")
  return { ...seeded, history: [...seeded.history, message] }
}

async function goBack(course: Course, { seeded, documents, view }: Beginning): Promise<void> {
  const { lab } = course
  await lab.configure({ authentication: "legacy" })
  await course.step("pulumi preview of the way back", async (told) => {
    const output = await previewed(course, told)
    assert.match(output, /the way back costs: .*sessions begun with MAS end.* \(1\): ivan/)
    demandInOrder(output, "the way back costs", "the way back, in this order:", "2. Synapse restarts")
    course.prove("preview says what the way back costs", "ivan, who logged in at MAS, will be logged out")
  })
  await course.step("pulumi up: the way back", () => up(course))
  await proveAll(course, "in legacy again", { proofs: legacyProofs, seeded })
  assert.deepEqual(await readDocuments(lab), editedByOthers(documents))
  course.prove(
    "homeserver.yaml, well-known and Element's config are as before, byte for byte, but for what others edited",
    `${Object.keys(documents).length} documents equal`,
  )
  assert.deepEqual(await clientViewOf(lab), view)
  course.prove(
    "log-in flows and routes are as before",
    `${view.loginFlows}; logout and refresh ${view.logoutAndRefresh}`,
  )
  await proveSettled(course, "in legacy again")
}

/** Somebody has logged in at Synapse in between: what MAS got in the first cutover is stale. */
async function goThereAgain(course: Course, before: Seeded): Promise<Seeded> {
  const { lab } = course
  const heidi = people.find(({ localpart }) => localpart === "heidi")
  assert.ok(heidi)
  const between = await logInOnDevice(lab.places.synapse.url, heidi, heidi.devices + 1)
  await lab.configure({ authentication: "delegated", acknowledge: { guests: 1, "mas-sessions": 1 } })
  await course.step("pulumi preview of the second cutover", async (told) => {
    assert.match(await previewed(course, told), /given up, as acknowledged: mas-sessions \(1\).*ivan/)
    course.prove("what MAS gained by itself is given up by name and count only", "mas-sessions: 1, ivan's")
  })
  await course.step("pulumi up: the second cutover", () => up(course))
  const seeded = { ...before, sessions: [...before.sessions, between] }
  await proveAll(course, "delegated again", { proofs: delegatedProofs, seeded })
  await proveSettled(course, "delegated again")
  return seeded
}

/** Each text comes after the one before it, whatever stands between. */
function demandInOrder(output: string, ...texts: readonly string[]): void {
  let from = 0
  for (const text of texts) {
    const found = output.indexOf(text, from)
    assert.notEqual(found, -1, `"${text}" is to be told next in:\n${output}`)
    from = found + text.length
  }
}

/** Proves each, one after the other. */
async function proveAll(
  course: Course,
  where: string,
  { proofs, seeded }: { readonly proofs: readonly Proof[]; readonly seeded: Seeded },
): Promise<void> {
  await course.step(`what clients see, ${where}`, async (told) => {
    for (const { claim, prove } of proofs) {
      const seen = await prove(course.lab, seeded)
      told.detail(`${claim}: ${seen}`)
      course.prove(`${claim}, ${where}`, seen)
    }
  })
}
