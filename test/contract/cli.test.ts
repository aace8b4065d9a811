import assert from "node:assert/strict"
import { after, before, suite, test } from "node:test"
import { type LegacySynapse, startLegacySynapse } from "./cli/legacy-synapse.ts"
import { normalise, splitRebuilding, wholeLines } from "./cli/normalise.ts"
import { type RecordedCall, recording } from "./cli/recorded.ts"
import { twoPeople } from "./cli/synapse-database.ts"
import { openWorkbench, type Workbench } from "./cli/workbench.ts"

/**
 * Where we do not ask for the recorded text, and why. Everything else is compared in full, but for what `normalise` makes
 * alike and for the order of rebuilding.
 */
const permitted: Readonly<Record<string, string>> = {
  "manage issue-compatibility-token": "the recorder cut the log at the backtrace in it: ours may go on from there",
}

/** The calls build on each other: one world for all, in the order in which they were made. */
suite("mas-cli answers as the real 1.22.0 did", { concurrency: false }, () => {
  const world = {} as { bench: Workbench; homeserver: LegacySynapse }

  before(async () => {
    world.homeserver = await startLegacySynapse()
    const endpoint = `http://127.0.0.1:${world.homeserver.port}/`
    world.bench = await openWorkbench({ people: twoPeople, endpoint })
  })
  after(async () => {
    await world.bench?.[Symbol.asyncDispose]()
    await world.homeserver?.[Symbol.asyncDispose]()
  })

  for (const call of recording.calls) {
    test(call.name, async () => {
      await prepare(world.bench, call)
      const ports = { homeserver: world.homeserver.port, postgres: world.bench.cluster.port }
      const said = await world.bench.run(...call.args)
      assert.equal(said.exitCode, call.exitCode, said.stderr)
      assert.equal(said.stdout, call.stdout ?? "")
      compareLogs(normalise(said.stderr, ports), call, ports)
    })
  }
})

async function prepare(bench: Workbench, call: RecordedCall): Promise<void> {
  for (const statement of call.sqlBefore ?? []) {
    const [, database, sql = ""] = /^(mas|synapse): (.*)$/s.exec(statement) ?? []
    await (database === "mas" ? bench.mas(sql) : bench.synapse(sql))
  }
  if (call.configText === undefined) await bench.configure(withEndpoint(bench, call.config))
  else await bench.write("c/config.yaml", call.configText)
  await bench.configureSynapse(call.homeserver)
}

/** A recorded `matrix` names the homeserver of the recording; ours listens elsewhere. */
function withEndpoint(bench: Workbench, config: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  if (!("matrix" in config)) return { ...config }
  const matrix = { ...(config.matrix as object), endpoint: bench.endpoint }
  return { ...config, matrix }
}

function compareLogs(found: string, call: RecordedCall, ports: { homeserver: number; postgres: number }): void {
  const { text, isCut } = wholeLines(call.stderr ?? "")
  const wanted = normalise(text, ports)
  if (call.name in permitted) {
    assert.equal(found.slice(0, wanted.length), wanted)
    return
  }
  const [ours, theirs] = [splitRebuilding(found), splitRebuilding(wanted)]
  if (isCut)
    assert.deepEqual(
      [...theirs.rebuilt].filter((line) => !ours.rebuilt.has(line)),
      [],
    )
  else assert.deepEqual(ours.rebuilt, theirs.rebuilt)
  assert.equal(isCut ? ours.ordered.slice(0, theirs.ordered.length) : ours.ordered, theirs.ordered)
}
