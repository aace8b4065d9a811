import { Command, InvalidArgumentError } from "commander"
import { formatDuration } from "../../components/report/durations.ts"
import { renderTable } from "../../components/report/table.ts"
import { masInUse, masKind } from "../offline/images/mas-in-use.ts"
import { prepareForMatrix } from "../offline/prepare.ts"
import { presentCommit } from "./changed-since.ts"
import { inOrderOfNeed } from "./choose.ts"
import { runLane, type ShardResult } from "./lane.ts"
import { type Held, readProven, writeProven } from "./proven.ts"
import { type Shard, shards, shardsNamed } from "./shards.ts"

interface Options {
  readonly minutes?: number
  readonly only?: string
  readonly alone?: true
  readonly again?: true
  readonly lanes: number
  readonly list?: true
}

const command = new Command("test:matrix")
  .description("Runs the long tests, and writes down in docs/proven.md when each part last held.")
  .argument(
    "[name...]",
    "shards, or what their names begin with (`crash`, `drift-02`); default: all that have not held at this commit",
  )
  .option("--minutes <count>", "begin no shard that would not be over by then", wholeNumber)
  .option("--only <text>", "of crash and drift, only what has this in its name")
  .option("--alone", "of drift, one edit at a time instead of all that touch different things")
  .option("--again", "also what has held at this commit already")
  .option("--lanes <count>", "shards side by side", wholeNumber, 2)
  .option("--list", "print the shards in the order in which they would run, and end")
  .parse()
const options = command.opts<Options>()
const begun = performance.now()
const say = (line: string) => void process.stdout.write(`${line}\n`)

const commit = await presentCommit()
const proven = new Map(await readProven())
const isWhole = options.only === undefined && options.alone === undefined
const waiting = [...(await inOrderOfNeed(wanted(), proven))]
if (options.list) {
  for (const { shard, cost, reason } of waiting) say(`${shard.name}: ${reason}, about ${formatDuration(cost)}`)
  process.exit(0)
}

say(`${waiting.length} of ${shards.length} shards are wanted, ${options.lanes} side by side. MAS: ${masInUse()}`)
const { images } = await prepareForMatrix(say)
const preparedSeconds = secondsGone()
const results: ShardResult[] = []
const lanes = Array.from({ length: options.lanes }, (_, nth) =>
  runLane(waiting, {
    environment: {
      ...(options.only === undefined ? {} : { MATRIX_ONLY: options.only }),
      ...(options.alone ? { MATRIX_ALONE: "1" } : {}),
    },
    secondsLeft: () => (options.minutes ?? Number.POSITIVE_INFINITY) * 60 - secondsGone(),
    say: (line) => say(`lane ${nth + 1}: ${line}`),
    ended,
  }),
)
const broken = (await Promise.allSettled(lanes)).flatMap((lane) => (lane.status === "rejected" ? [lane.reason] : []))
for (const reason of broken) say(`a lane ended early: ${reason instanceof Error ? reason.stack : reason}`)
summarise()
process.exitCode = broken.length === 0 && results.length > 0 && results.every(({ isGreen }) => isGreen) ? 0 : 1

/** What a name on the command line stands for; without names, what has not held yet as things are. */
function wanted(): readonly Shard[] {
  const named = namedShards(command.args)
  if (!isWhole) return whole(named)
  const isDue = ({ name }: Shard) => options.again === true || proven.get(name)?.commit !== commit
  return command.args.length > 0 ? named : named.filter(isDue)
}

function namedShards(names: readonly string[]): readonly Shard[] {
  try {
    return shardsNamed(names)
  } catch (error) {
    return command.error(error instanceof Error ? error.message : String(error))
  }
}

/** Where single runs are chosen, the parts of a list are one. */
function whole(named: readonly Shard[]): readonly Shard[] {
  const lists = named.filter(({ environment }) => environment.MATRIX_PART !== undefined)
  const first = lists.filter((one, nth) => lists.findIndex(({ files }) => files === one.files) === nth)
  return first.map((one) => ({ ...one, environment: {} }))
}

async function ended(result: ShardResult): Promise<void> {
  results.push(result)
  const { shard, isGreen, seconds, passed, failed } = result
  say(`${isGreen ? "✔" : "✖"} ${shard.name}: ${passed} passed, ${failed} failed, in ${formatDuration(seconds)}`)
  if (!isGreen || !isWhole) return
  const at = `${new Date().toISOString().slice(0, 16)}Z`
  const held: Held = { at, commit, seconds: Math.round(seconds), tests: passed, mas: masKind(images.mas) }
  // Another run may have written meanwhile.
  for (const [name, theirs] of await readProven())
    if (!results.some((own) => own.shard.name === name)) proven.set(name, theirs)
  proven.set(shard.name, held)
  await writeProven(
    proven,
    shards.map(({ name }) => name),
  )
}

function summarise(): void {
  say("")
  say("Where the time goes")
  const rows = results
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ shard, isGreen, seconds, passed, failed }) => [
      shard.name,
      isGreen ? "held" : "failed",
      String(passed),
      String(failed),
      formatDuration(seconds),
    ])
  say(renderTable(["Shard", "Outcome", "Passed", "Failed", "Took"], rows))
  say("")
  const held = results.filter(({ isGreen }) => isGreen).length
  say(
    `MAS: ${images.mas}. Preparing took ${formatDuration(preparedSeconds)}, all of it ${formatDuration(secondsGone())}.`,
  )
  say(
    `${held} of ${results.length} shards held; ${waiting.length} wait for another run: ${waiting.map(({ shard }) => shard.name).join(", ") || "none"}.`,
  )
  const ever = shards.filter(({ name }) => proven.has(name)).length
  say(`Of ${shards.length} shards, ${ever} have held at some commit: docs/proven.md.`)
  const sum = (pick: (one: ShardResult) => number) => results.reduce((total, one) => total + pick(one), 0)
  say(`${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`)
}

function secondsGone(): number {
  return (performance.now() - begun) / 1000
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("a whole number from 1 on is wanted")
  return Number(text)
}
