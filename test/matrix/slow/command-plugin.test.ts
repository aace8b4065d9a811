import assert from "node:assert/strict"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { type CommandInputs, runLocally } from "../../offline/standins/command/local-command.ts"
import { type TemporaryProject, temporaryProject } from "../../offline/toolchain/temporary-project.ts"

// Where the network has the official plugin, the promises made through `pulumi` are held against that one.

test("a command runs when it is new or edited, runs again for other triggers, and delete runs when it goes", async (t) => {
  const project = await temporaryProject(t, "runs-commands")
  const base = { create: "echo create >> log; echo made", delete: "echo delete $PULUMI_COMMAND_STDOUT >> log" }
  const updating = { ...base, update: "echo update $PULUMI_COMMAND_STDOUT >> log; echo changed" }

  await up(project, { one: { ...base, triggers: ["a"] } })
  await up(project, { one: { ...base, triggers: ["a"] } })
  assert.equal(await logOf(project), "create\n", "an unchanged command does not run")
  await up(project, { one: { ...updating, triggers: ["a"] } })
  assert.equal(await logOf(project), "create\nupdate made\n")
  await up(project, { one: { ...updating, triggers: ["b"] } })
  assert.equal(await logOf(project), "create\nupdate made\ncreate\ndelete changed\n", "the new one comes first")
  await up(project, {})
  assert.equal(await logOf(project), "create\nupdate made\ncreate\ndelete changed\ndelete made\n")
})

test("stdin and environment reach the command, and as secrets they are neither shown nor stored in plain", async (t) => {
  const project = await temporaryProject(t, "runs-commands")
  const [inStdin, inEnvironment] = ["stdin-3b0c", "environment-77ad"]
  await project.want({
    commands: {
      one: { create: 'cat; echo " $TOKEN"', logging: "none", stdin: inStdin, environment: { TOKEN: inEnvironment } },
    },
    secrets: ["stdin", "TOKEN"],
  })
  const { exitCode, output } = await project.pulumi("up", "--yes", "--diff")
  assert.equal(exitCode, 0, output)

  const { output: stored } = await project.pulumi("stack", "export")
  const { output: shown } = await project.pulumi("stack", "export", "--show-secrets")
  for (const secret of [inStdin, inEnvironment]) {
    assert.ok(!output.includes(secret), output)
    assert.ok(!stored.includes(secret), "a secret stands in the state in plain")
    assert.ok(shown.includes(secret))
  }
  assert.ok(shown.includes(`${inStdin} ${inEnvironment}`), "what the command wrote is kept too")
})

test("a command that fails fails the run, and says how, what ran and what it wrote", async (t) => {
  const project = await temporaryProject(t, "runs-commands")
  await project.want({ commands: { one: { create: "echo to-stdout; echo to-stderr >&2; exit 3" } } })
  const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview")
  assert.notEqual(exitCode, 0)
  assert.match(output, /exit status 3: running "echo to-stdout; echo to-stderr >&2; exit 3":/)
  assert.match(output, /^ +to-stderr$/m)
  const { output: state } = await project.pulumi("stack", "export")
  assert.doesNotMatch(state, /command:local:Command/, "what failed to be made is not kept")
})

const runs: readonly { title: string; command: string; inputs?: CommandInputs; stdout: string; logged?: string[] }[] = [
  { title: "one newline at the end is cut off", command: "printf 'a\\n\\n'", stdout: "a\n", logged: ["a", ""] },
  {
    title: "another interpreter takes the command as its last argument",
    command: "x",
    inputs: { interpreter: ["echo", "-n"] },
    stdout: "x",
  },
  { title: "the folder is the one asked for", command: "pwd", inputs: { dir: "/" }, stdout: "/" },
  {
    title: "only the streams asked for are logged",
    command: "echo o; echo e >&2",
    inputs: { logging: "stderr" },
    stdout: "o",
    logged: ["e"],
  },
  {
    title: "a command that leaves its stdin unread ends well",
    command: "exec 0<&-; echo ok",
    inputs: { stdin: "x".repeat(1_000_000) },
    stdout: "ok",
  },
]
for (const { title, command, inputs = {}, stdout, logged } of runs) {
  test(title, async () => {
    const lines: string[] = []
    const outputs = await runLocally({ command, inputs, log: (line) => lines.push(line) })
    assert.equal(outputs.stdout, stdout)
    if (logged) assert.deepEqual(lines, logged)
  })
}

test("the run before is told to the command, unless that is switched off", async () => {
  const run = (inputs: CommandInputs) =>
    runLocally({ command: 'echo "<$PULUMI_COMMAND_STDOUT>"', inputs, previous: { stdout: "before" }, log: () => {} })
  assert.equal((await run({})).stdout, "<before>")
  assert.equal((await run({ addPreviousOutputInEnv: false })).stdout, "<>")
})

test("a folder that is not there, and an interpreter that is not there, are named", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "command-plugin-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const run = (inputs: CommandInputs) => runLocally({ command: "true", inputs, log: () => {} })
  const missing = join(folder, "missing")
  await assert.rejects(run({ dir: missing }), {
    message: `chdir ${missing}: no such file or directory: running "true":\n`,
  })
  await assert.rejects(run({ interpreter: [missing] }), /missing": executable file not found in \$PATH: running "true"/)
})

async function up(project: TemporaryProject, commands: object): Promise<void> {
  await project.want({ commands })
  const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview")
  assert.equal(exitCode, 0, output)
  assert.doesNotMatch(output, /warning/i)
}

async function logOf(project: TemporaryProject): Promise<string> {
  return readFile(join(project.folder, "log"), "utf8")
}
