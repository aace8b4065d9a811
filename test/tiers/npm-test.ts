import { execa } from "execa"
import { formatDuration } from "../../components/report/durations.ts"
import { renderTable } from "../../components/report/table.ts"
import { masInUse } from "../offline/images/mas-in-use.ts"
import { prepare } from "../offline/prepare.ts"
import { countOf, runTests } from "./run-tests.ts"
import { checkout, testsOf, tierOf, tiers } from "./tests.ts"

/**
 * `npm test`: what every change has to pass, within ten minutes on two cores once toolchain and images are there. The long
 * lists are `npm run test:matrix`.
 */
const say = (line: string) => void process.stdout.write(`${line}\n`)
const seconds = async (work: () => Promise<unknown>) => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

const preparing = await seconds(() => prepare(say))
const checking = await seconds(check)
const files = (await Promise.all(tiers.map(testsOf))).flat()
const run = await runTests(files, { concurrency: 2 })

say("")
say("Where the time goes")
const longest = run.files.toSorted((a, b) => b.seconds - a.seconds).slice(0, 15)
say(
  renderTable(
    ["File", "Tests", "Took"],
    longest.map((one) => [one.file, String(one.passed + one.failed), formatDuration(one.seconds)]),
  ),
)
say("")
const rows = tiers.map((tier) => {
  const own = run.files.filter(({ file }) => tierOf(file) === tier)
  const { passed, failed, seconds: took } = countOf(own)
  return [tier, String(own.length), String(passed), String(failed), formatDuration(took)]
})
say(renderTable(["Tier", "Files", "Passed", "Failed", "Added up"], rows))
say("")
say(`MAS: ${masInUse()}`)
say(`Preparing took ${formatDuration(preparing)}, apart from the tests.`)
say(`Checks ${formatDuration(checking)} + tests ${formatDuration(run.seconds)}, two files at a time.`)
const missing = files.length - run.files.length
if (missing > 0) say(`${missing} of ${files.length} files did not come to an end.`)
const { passed, failed } = countOf(run.files)
say(`${passed} passed, ${failed} failed`)
process.exitCode = run.isGreen && missing === 0 && passed > 0 ? 0 : 1

async function check(): Promise<void> {
  const options = { cwd: checkout, stdio: ["ignore", "inherit", "inherit"], reject: false } as const
  const { exitCode } = await execa("npm", ["run", "--silent", "check"], options)
  if (exitCode === 0) return
  say("npm run check is red; no test was run.")
  process.exit(1)
}
