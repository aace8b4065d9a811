import assert from "node:assert/strict"
import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, type TestContext, test } from "node:test"
import { execa } from "execa"
import type { DriftReport } from "../../../components/drift/drift-report.ts"
import { demandWritable, type ReportFile, writeReports } from "../../../components/drift/report-files.ts"
import { refusal, temporaryFolder } from "../host/scenery.ts"

const commands = join(import.meta.dirname, "../../../components/commands")

/** What may lie at the name of a report, and why it takes none. Each returns the path that is asked for. */
const hindrances: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  "an empty name": async () => "",
  "a folder that is missing": async (folder) => join(folder, "missing", "drift.html"),
  "a folder that is a file": async (folder) => {
    await writeFile(join(folder, "file"), "")
    return join(folder, "file", "drift.html")
  },
  "a folder itself": async (folder) => folder,
  "a name that ends like a folder's": async (folder) => `${folder}/drift.html/`,
  "a pipe that nobody reads": async (folder) => {
    await execa("mkfifo", [join(folder, "pipe")])
    return join(folder, "pipe")
  },
  "a device that is always full": async () => "/dev/full",
  "a link to a device": async (folder) => linkTo(folder, "/dev/null"),
  "a link to nowhere": async (folder) => linkTo(folder, join(folder, "nowhere")),
  "a link to itself": async (folder) => linkTo(folder, join(folder, "link")),
  "a link to a folder": async (folder) => linkTo(folder, folder),
  "a folder of the kernel's": async () => "/proc/drift.html",
  "a name that is too long": async (folder) => join(folder, "x".repeat(256)),
  "a disk that is only read": async (folder) => {
    await execa("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder])
    return join(folder, "drift.html")
  },
}

async function linkTo(folder: string, target: string): Promise<string> {
  await symlink(target, join(folder, "link"))
  return join(folder, "link")
}

suite("a report that is asked for in a place that cannot be written", () => {
  for (const [what, hinder] of Object.entries(hindrances)) {
    test(`${what} is refused beforehand, and nothing is left behind`, async (t) => {
      const { folder, path } = await placeFor(t, hinder)
      const before = await readdir(folder)
      for (const files of [[reportIn(path)], [reportIn(join(folder, "fine.html")), reportIn(path)]]) {
        const { what: said } = await refusal(demandWritable(files), "drift/report-not-writable")
        assert.match(said, /^The report cannot be written: .{6,}$/)
        assert.doesNotMatch(said, /open|stat|undefined/)
      }
      assert.deepEqual(await readdir(folder), before)
    })
  }

  for (const [asked, words, environment] of [
    ["--html", ["--html", "/dev/full"], {}],
    ["--markdown", ["--markdown", "missing/drift.md"], {}],
    ["--html without a name", ["--html", ""], {}],
    ["GITHUB_STEP_SUMMARY", [], { GITHUB_STEP_SUMMARY: "missing/summary.md" }],
  ] as const) {
    test(`${asked}: one clear error, exit code 3, and nothing is looked at`, async (t) => {
      const { exitCode, stdout, stderr, hasLooked } = await drift(t, words, environment)
      assert.equal(exitCode, 3, stdout + stderr)
      assert.equal(stdout, "")
      assert.match(stderr, /^The report cannot be written: .+ \(drift\/report-not-writable\)\.\n/)
      assert.equal(stderr.match(/\(drift\//g)?.length, 1)
      assert.doesNotMatch(stderr, /\n\s+at |bug of matrix-auth/)
      assert.equal(hasLooked, false)
    })
  }

  test("two reports that are to go into one file are refused, in whichever spelling", async (t) => {
    const folder = await temporaryFolder(t)
    const files = [reportIn(join(folder, "drift.html")), reportIn(`${folder}/./drift.html`)]
    const { what } = await refusal(demandWritable(files), "drift/report-not-writable")
    assert.match(what, /two reports are to go into it/)
  })
})

test("what can be written is left as it is until there is a report: an older one, a link to one, none", async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, "older"), "older")
  await symlink("older", join(folder, "link"))
  const files = ["older", "link", "none"].map((name) => reportIn(join(folder, name)))
  await demandWritable(files)
  assert.deepEqual((await readdir(folder)).toSorted(), ["link", "older"])
  assert.equal(await readFile(join(folder, "older"), "utf8"), "older")
  assert.deepEqual(await writeReports(files.slice(1), {} as DriftReport), [])
  for (const name of ["older", "none"]) assert.equal(await readFile(join(folder, name), "utf8"), "found")
  assert.ok((await lstat(join(folder, "link"))).isSymbolicLink())
})

test("the summary that the steps of a job share keeps what stands in it", async (t) => {
  const path = join(await temporaryFolder(t), "summary.md")
  await writeFile(path, "before, ")
  await writeReports([{ ...reportIn(path), isShared: true }], {} as DriftReport)
  assert.equal(await readFile(path, "utf8"), "before, found")
})

test("a report that could not be written does not keep the next one from its file", async (t) => {
  const folder = await temporaryFolder(t)
  const paths = [join(folder, "missing", "a"), join(folder, "b"), folder, join(folder, "c")]
  const files = paths.map(reportIn)
  const failures = await writeReports(files, {} as DriftReport)
  assert.deepEqual(
    failures.map(({ code, where }) => [code, where.file]),
    [
      ["drift/report-not-written", join(folder, "missing", "a")],
      ["drift/report-not-written", folder],
    ],
  )
  assert.deepEqual((await readdir(folder)).toSorted(), ["b", "c"])
})

for (const command of ["drift", "recover"]) {
  for (const words of [[], ["--json"]]) {
    test(`${command} ${words} whose output nobody takes ends with 3 and a sentence, not with a trace`, async (t) => {
      const { folder, environment } = await withoutStack(t, "exit 9")
      const argv = ["node", join(commands, `${command}.ts`), "--stack", "test", ...words]
      const options = { cwd: folder, env: environment, reject: false } as const
      const { exitCode, stderr } = await execa("sh", ["-c", 'exec "$@" > /dev/full', "sh", ...argv], options)
      assert.equal(exitCode, 3, stderr)
      assert.match(stderr, /What was to be printed could not be written to standard output \(ENOSPC\)\./)
      assert.doesNotMatch(stderr, /\n\s+at /)
    })
  }
}

function reportIn(path: string): ReportFile {
  return { path, textOf: () => "found" }
}

/** What is mounted there is taken away before the folder is. */
async function placeFor(t: TestContext, hinder: (folder: string) => Promise<string>) {
  const place = { folder: "" }
  t.after(() => execa("umount", ["--lazy", place.folder], { reject: false }))
  place.folder = join(await temporaryFolder(t), "below")
  await mkdir(place.folder)
  return { folder: place.folder, path: await hinder(place.folder) }
}

/** A folder with a `pulumi` that notes that it was called, and then runs what is given. */
async function withoutStack(t: TestContext, script: string) {
  const folder = await temporaryFolder(t)
  const called = join(folder, "called")
  await writeFile(join(folder, "pulumi"), `#!/bin/sh\ntouch ${called}\n${script}\n`)
  await chmod(join(folder, "pulumi"), 0o755)
  const environment = { PATH: `${folder}:${process.env.PATH}`, GITHUB_STEP_SUMMARY: "" }
  return { folder, called, environment }
}

async function drift(
  t: TestContext,
  words: readonly string[],
  more: Readonly<Record<string, string>>,
  script = "exit 9",
) {
  const { folder, environment } = await withoutStack(t, script)
  const { exitCode, stdout, stderr } = await execa("node", [join(commands, "drift.ts"), "--stack", "test", ...words], {
    cwd: folder,
    env: { ...environment, ...more },
    reject: false,
    timeout: 30_000,
  })
  return { exitCode, stdout, stderr, hasLooked: (await readdir(folder)).includes("called") }
}
