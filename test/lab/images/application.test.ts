import assert from "node:assert/strict"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { execa } from "execa"
import { layOutApplication } from "./application.ts"

test("a program laid out elsewhere runs there, with the packages it needs and no others", async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), "application-test-"))
  t.after(() => rm(scratch, { recursive: true, force: true }))
  const [project, into] = [join(scratch, "project"), join(scratch, "elsewhere")]
  await makePackage(project, "needed", { dependencies: { deeper: "1" }, code: 'export { word } from "deeper"' })
  await makePackage(project, "deeper", { code: 'export const word = "ran"' })
  await makePackage(project, "unneeded", { code: "" })
  await mkdir(join(project, "room"))
  await writeFile(join(project, "package.json"), '{"type": "module"}')
  await writeFile(
    join(project, "room/main.ts"),
    'import { word } from "needed"\nprocess.stdout.write(word as string)\n',
  )

  await layOutApplication({ project, room: "room", into })
  const { stdout } = await execa(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    join(into, "room/main.ts"),
  ])
  assert.equal(stdout, "ran")
  await assert.rejects(execa("ls", [join(into, "node_modules/unneeded")]))
})

test("a package that is not installed is told by name, with what needs it", async (t) => {
  const project = await mkdtemp(join(tmpdir(), "application-test-"))
  t.after(() => rm(project, { recursive: true, force: true }))
  await mkdir(join(project, "room"))
  await writeFile(join(project, "package.json"), "{}")
  await writeFile(join(project, "room/main.ts"), 'import "@scope/absent/part"\n')
  await assert.rejects(layOutApplication({ project, room: "room", into: join(project, "out") }), /@scope\/absent.*room/)
})

interface Made {
  readonly code: string
  readonly dependencies?: Readonly<Record<string, string>>
}

async function makePackage(project: string, name: string, { code, dependencies = {} }: Made): Promise<void> {
  const folder = join(project, "node_modules", name)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, type: "module", main: "main.js", dependencies }))
  await writeFile(join(folder, "main.js"), code)
}
