import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, readlink, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { execa } from "execa"
import { listProcesses, type Process } from "../../lab/processes.ts"
import { issuer, type KeptDocument, keptDocument, key } from "./project.ts"

/** Each leaves the document as it found it, and what is wanted too. */
const promises: Readonly<Record<string, (project: KeptDocument) => Promise<void>>> = {
  async "what is as it should be is clean, and not a byte of host or state changes"(project) {
    const before = await project.files()
    const looked = await project.drift()
    assert.equal(looked.exitCode, 0, looked.stdout + looked.stderr)
    assert.match(looked.stdout, /^test is clean: all is as it should be \(1 resource looked at in [\d.]+ s\)\.\n$/)
    const progress = /^looking at test …\n {2}waiting for Pulumi's refresh and preview.*\nlooking at test: done in/
    assert.match(looked.stderr, progress)
    const { outcome, items, troubles, resources } = await project.report()
    const nothing = { outcome: "clean", items: [], troubles: [], resources: 1 }
    assert.deepEqual({ outcome, items, troubles, resources }, nothing)
    assert.deepEqual(await project.files(), before)
  },

  async "a hand edit is drift, named by resource, file, key, live and wanted in every form, and not mended"(project) {
    await handEdited(project, async () => {
      const before = await project.files()
      const [page, summary] = [join(project.folder, "drift.html"), join(project.folder, "summary.md")]
      const looked = await project.drift(["--stack", "test", "--html", page], { GITHUB_STEP_SUMMARY: summary })
      assert.equal(looked.exitCode, 2, looked.stdout + looked.stderr)
      assert.match(looked.stdout, /^test has drifted: 1 thing changed on the server/m)
      for (const shown of ["well-known", project.file, key, evil, issuer])
        assert.ok(looked.stdout.includes(shown), shown)
      const markdown = join(project.folder, "drift.md")
      const { items, exitCode } = await project.report(["--markdown", markdown])
      assert.equal(exitCode, 2)
      const where = { host: "this machine", resource: "well-known", file: project.file, keyPath: key }
      const { diff, ...item } = items[0] ?? {}
      assert.deepEqual([item], [{ kind: "key", where, live: evil, wanted: issuer, found: "drift" }])
      assert.equal(items.length, 1)
      assert.ok(diff?.includes(`-    "issuer": "${evil}"`), diff)
      assert.match(await readFile(page, "utf8"), /<code>https:\/\/evil\.example\.org\/<\/code>/)
      assert.equal(withoutSeconds(await readFile(summary, "utf8")), withoutSeconds(await readFile(markdown, "utf8")))
      assert.deepEqual(await project.files(), before)
    })
  },

  async "a change of the config that nobody brought up counts as drift, and is told from a hand edit"(project) {
    await project.alsoWant({ issuer: "https://new.example.org/", commands: { hello: { create: "true" } } })
    const { exitCode, items } = await project.report()
    assert.equal(exitCode, 2)
    assert.deepEqual([...new Set(items.map(({ found }) => found))], ["not applied"])
    assert.deepEqual([...new Set(items.map(({ where }) => where.resource))].sort(), [
      "default_1_2_1",
      "hello",
      "well-known",
    ])
    await project.alsoWant({})
  },

  async "what could not be looked at is broken, neither clean nor drift, and it says what is in the way"(project) {
    const named = ["--stack", "test"]
    const withoutPulumi = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }
    const broken = [
      [/no stack named 'nowhere'[\s\S]*could not be looked at/, project.drift(["--stack", "nowhere"])],
      [/drift\/could-not-look[\s\S]*incorrect passphrase/, project.drift(named, { PULUMI_CONFIG_PASSPHRASE: "wrong" })],
      [/drift\/could-not-look/, project.drift(named, { PULUMI_BACKEND_URL: "file:///no/such/folder" })],
      [/Pulumi ended with 127[\s\S]*Install Pulumi/, project.drift(named, withoutPulumi)],
    ] as const
    for (const [said, run] of broken) {
      const { exitCode, stdout } = await run
      assert.equal(exitCode, 1, stdout)
      assert.match(stdout, said)
    }
    await rename(project.file, `${project.file}.away`)
    const gone = await project.drift()
    assert.equal(gone.exitCode, 1, gone.stdout)
    assert.match(gone.stdout, /well-known: There is no file .*client\.json \(host\/file-missing\)/)
    await rename(`${project.file}.away`, project.file)
    await project.alsoWant({ mistake: "the program has a mistake" })
    const { outcome, exitCode, troubles } = await project.report()
    assert.deepEqual([outcome, exitCode], ["broken", 1])
    assert.match(JSON.stringify(troubles), /the program has a mistake/)
    await project.alsoWant({})
  },

  async "a wrong word on the command line is broken, too; --help says what the exit codes are"(project) {
    for (const words of [[], ["--stak", "test"], ["--stack"]]) assert.equal((await project.drift(words)).exitCode, 1)
    const { exitCode, stdout } = await project.drift(["--help"])
    assert.equal(exitCode, 0)
    assert.match(stdout, /0: clean, 2: drift, 1: broken, 3: a report could not be written/)
  },

  async "a report that its disk does not take ends with 3, whatever was found, which is printed all the same"(project) {
    const disk = join(project.folder, "small-disk")
    await mkdir(disk)
    await execa("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk])
    try {
      await writeFile(join(disk, "filler"), Buffer.alloc(64 * 1024)).catch(() => undefined)
      const withoutDocument = async (work: () => Promise<void>) => {
        await rename(project.file, `${project.file}.away`)
        await work()
        await rename(`${project.file}.away`, project.file)
      }
      for (const [said, within, words, environment] of [
        ["test is clean", (work: () => Promise<void>) => work(), ["--html", join(disk, "drift.html")], {}],
        [
          "test has drifted",
          (work: () => Promise<void>) => handEdited(project, work),
          ["--markdown", join(disk, "drift.md")],
          {},
        ],
        ["could not be looked at", withoutDocument, [], { GITHUB_STEP_SUMMARY: join(disk, "summary.md") }],
      ] as const) {
        await within(async () => {
          const looked = await project.drift(["--stack", "test", ...words], environment)
          assert.equal(looked.exitCode, 3, looked.stdout + looked.stderr)
          assert.ok(looked.stdout.includes(said), looked.stdout)
          assert.match(looked.stderr, /could not be written: ENOSPC.*\(drift\/report-not-written\)/)
          assert.equal(looked.stderr.match(/\(drift\//g)?.length, 1, looked.stderr)
          assert.doesNotMatch(looked.stderr, /\n\s+at |bug of matrix-auth/)
        })
      }
    } finally {
      await execa("umount", ["--lazy", disk])
    }
  },

  async "on a terminal one line shows what is being looked at"(project) {
    const shown = await project.driftOnTerminal()
    assert.ok(shown.includes("\r\u001b[2K  reading well-known\r"), shown)
    assert.ok(shown.includes("\r\u001b[2K  comparing well-known\r"), shown)
    assert.match(shown, /test is clean/)
  },

  async "a look that is ended by a signal leaves no process behind, no lock and no file"(project) {
    const before = await project.files()
    const temporary = join(project.folder, "temporary")
    await mkdir(temporary)
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      // Those of the look before may still be ending.
      const others = (await processesIn(project)).map(({ pid }) => pid)
      const own = async () => (await processesIn(project)).filter(({ pid }) => !others.includes(pid))
      const look = project.startDrift(["--stack", "test"], { TMPDIR: temporary })
      await until(async () => (await own()).length > 1)
      look.kill(signal)
      const { exitCode } = await look
      assert.ok(exitCode === 130 || exitCode === 143, `${exitCode}`)
      await until(async () => (await own()).length === 0).catch(async (cause) =>
        assert.fail(`${cause}: ${(await own()).map(({ argv }) => argv.join(" ")).join("; ")}`),
      )
      assert.deepEqual(
        (await readdir(temporary)).filter((name) => name.startsWith("matrix-auth")),
        [],
      )
    }
    assert.deepEqual(await project.files(), before)
    assert.equal((await project.drift()).exitCode, 0)
  },

  async "an `up` that goes through while a look is at work finds no lock"(project) {
    await handEdited(project, async () => {
      const look = project.startDrift()
      const up = await project.pulumi("up", "--yes", "--skip-preview", "--refresh")
      assert.equal(up.exitCode, 0, up.output)
      const { exitCode, stdout } = await look
      // It saw the edit before, or what the `up` made of it, or something in between; of that it says so.
      if (exitCode === 1) assert.match(String(stdout), /drift\/up-at-work/)
      else assert.ok(exitCode === 0 || exitCode === 2, `${exitCode}: ${stdout}`)
      assert.equal((await project.drift()).exitCode, 0)
    })
  },

  async "two looks beside an `up` hinder nobody, and what is half-way is never called drift"(project) {
    const [started, goOn] = [join(project.folder, "started"), join(project.folder, "go-on")]
    const slow = { create: `touch ${started}; until [ -e ${goOn} ]; do sleep 0.1; done` }
    await project.alsoWant({ commands: { slow } })
    const up = project.pulumi("up", "--yes", "--skip-preview")
    await until(() => existsSync(started))
    for (const { exitCode, stdout } of await Promise.all([project.drift(), project.drift()])) {
      assert.equal(exitCode, 1, stdout)
      assert.match(stdout, /drift\/up-at-work[\s\S]*creating slow as begun and not ended/)
    }
    await writeFile(goOn, "")
    const { exitCode, output } = await up
    assert.equal(exitCode, 0, output)
    const after = await Promise.all([project.drift(), project.drift()])
    for (const one of after) assert.equal(one.exitCode, 0, one.stdout)
  },

  async "no secret is in any form of what is told, not even of one that changed"(project) {
    await project.alsoWant({ password: "the-first-password" })
    assert.equal((await project.pulumi("up", "--yes", "--skip-preview")).exitCode, 0)
    await project.alsoWant({ password: "the-second-password" })
    const [page, summary] = [join(project.folder, "drift.html"), join(project.folder, "drift.md")]
    const table = await project.drift(["--stack", "test", "--html", page, "--markdown", summary])
    const json = await project.drift(["--stack", "test", "--json"])
    assert.equal(table.exitCode, 2, table.stdout)
    assert.match(table.stdout, /password .*\[secret\]/)
    const told = [table, json].flatMap(({ stdout, stderr }) => [stdout, stderr])
    for (const text of [...told, await readFile(page, "utf8"), await readFile(summary, "utf8")])
      assert.doesNotMatch(text, /-password/)
  },
}

test("npm run drift, on a stack of one document", async (t) => {
  const project = await keptDocument(t)
  for (const [promise, keep] of Object.entries(promises)) await t.test(promise, () => keep(project))
})

const evil = "https://evil.example.org/"

async function handEdited({ file }: KeptDocument, work: () => Promise<void>): Promise<void> {
  const text = await readFile(file, "utf8")
  await writeFile(file, text.replace(`"${issuer}"`, `"${evil}"`))
  await work()
  await writeFile(file, text)
}

function withoutSeconds(text: string): string {
  return text.replace(/in [\d.]+ s/, "")
}

/** What works in the project's folder: the look, Pulumi, and what Pulumi has started. */
async function processesIn({ folder }: KeptDocument): Promise<readonly Process[]> {
  const all = await listProcesses()
  const folders = await Promise.all(all.map(({ pid }) => readlink(`/proc/${pid}/cwd`).catch(() => "")))
  return all.filter((_, index) => folders[index] === folder)
}

async function until(isSo: () => boolean | Promise<boolean>, limitSeconds = 60): Promise<void> {
  const end = performance.now() + limitSeconds * 1000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so within ${limitSeconds} s`)
    await pause(50)
  }
}
