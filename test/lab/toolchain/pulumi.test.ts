import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import { downloadOfficial, findOrMakePulumi, officialHostServes } from "./pulumi.ts"
import { versions } from "./versions.ts"

test("an official release is fetched, unpacked and kept, and preferred to building from then on", async (t) => {
  await isolated(t)
  const host = await serving(t, `/releases/sdk/pulumi-v${versions.pulumi}-${process.platform}-${process.arch}.tar.gz`)
  assert.equal(await officialHostServes(host), true)
  const folder = await downloadOfficial(() => {}, host)
  assert.deepEqual((await readdir(folder)).sort(), ["pulumi", "pulumi-language-nodejs"])
  assert.deepEqual(await findOrMakePulumi(() => {}), {
    origin: "official download",
    version: versions.pulumi,
    folder,
  })
})

test("a host that does not have the release counts as out of reach", async (t) => {
  assert.equal(await officialHostServes(await serving(t, "/something-else")), false)
})

test("Pulumi on PATH is used when it is recent and has its language host", async (t) => {
  const { programs } = await isolated(t)
  await writePulumi(programs, "99.0.0")
  await downloadOfficial(
    () => {},
    await serving(t, `/releases/sdk/pulumi-v${versions.pulumi}-${process.platform}-${process.arch}.tar.gz`),
  )
  assert.equal((await findOrMakePulumi(() => {})).origin, "official download", "another major version is not used")
  await writePulumi(programs, "3.1.0")
  assert.equal((await findOrMakePulumi(() => {})).origin, "official download", "an old one is not used")
  await writePulumi(programs, "3.999.0")
  assert.deepEqual(await findOrMakePulumi(() => {}), { origin: "on PATH", version: "3.999.0", folder: programs })
  await rm(join(programs, "pulumi-language-nodejs"))
  assert.equal((await findOrMakePulumi(() => {})).origin, "official download")
})

/** A cache of its own, and a folder that comes first on PATH. */
async function isolated(t: TestContext): Promise<{ programs: string }> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-test-"))
  const programs = join(folder, "programs")
  await mkdir(programs)
  const { PATH, MATRIX_AUTH_CACHE } = process.env
  Object.assign(process.env, { PATH: `${programs}${delimiter}${PATH}`, MATRIX_AUTH_CACHE: join(folder, "cache") })
  t.after(async () => {
    process.env.PATH = PATH
    if (MATRIX_AUTH_CACHE === undefined) delete process.env.MATRIX_AUTH_CACHE
    else process.env.MATRIX_AUTH_CACHE = MATRIX_AUTH_CACHE
    await rm(folder, { recursive: true, force: true })
  })
  return { programs }
}

async function writePulumi(folder: string, version: string): Promise<void> {
  await writeFile(join(folder, "pulumi"), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 })
  await writeFile(join(folder, "pulumi-language-nodejs"), "#!/bin/sh\n", { mode: 0o755 })
}

/** A server that has an archive, shaped as a release is, at that path only. Returns where it is. */
async function serving(t: TestContext, path: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-release-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, "pulumi"))
  await writePulumi(join(folder, "pulumi"), versions.pulumi)
  await execa("tar", ["-czf", join(folder, "archive.tar.gz"), "-C", folder, "pulumi"])
  const archive = await readFile(join(folder, "archive.tar.gz"))
  const server = createServer((request, response) => {
    response.statusCode = request.url === path ? 200 : 404
    response.end(request.url === path ? archive : "")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
