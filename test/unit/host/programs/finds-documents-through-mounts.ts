import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { execa } from "execa"
import fc from "fast-check"
import type { Inspection } from "../../../../components/host/inspection.ts"
import { localHost as host } from "../../../../components/host/local-host.ts"
import { containerPathOf, hostPathOf, mountsFileItself } from "../../../../components/host/mounted-paths.ts"

/**
 * In a mount namespace of its own, as root in it: lays documents, names and mounts them in every spelling, and compares what is
 * found with what is really to be seen. Arguments: an empty folder, and how many cases to try.
 */
const [, , root = "", runs = ""] = process.argv

/** Every managed document, where a deployment has it. */
const documents = [
  "synapse/homeserver.yaml",
  "mas/config.yaml",
  "web/client.json",
  "element/config.json",
  "nginx/a.conf",
]
const folders = [...documents.map(dirname), "other"]

/** Ways to write one and the same path. */
const spellings: Readonly<Record<string, (path: string) => string>> = {
  plain: (path) => `real/${path}`,
  "behind a linked parent": (path) => `link/${path}`,
  "behind a link to a link": (path) => `again/${path}`,
  "with ..": (path) => `real/other/../${path}`,
  "with .. behind a link": (path) => `link/../real/${path}`,
  "with double slashes and dots": (path) => `.//real/.//${path.replace("/", "//")}`,
  "a link to it": (path) => `linked-${path.replace("/", "-")}`,
  "through a bind mount on the host": (path) => `bound/${path}`,
}

const ownPlace = "its folder, and the file itself at its own place"

type Mounted = readonly [source: string, target: string]

/** What a container mounts, below the root; each by one of the spellings. No source is a tmpfs. */
const mounts: Readonly<Record<string, (path: string) => readonly Mounted[]>> = {
  "its folder": (path) => [[dirname(path), "/data"]],
  "the file itself": (path) => [[path, "/etc/document"]],
  "its folder, and the file itself at another place": (path) => [
    [dirname(path), "/data"],
    [path, "/etc/document"],
  ],
  [ownPlace]: (path) => [
    [dirname(path), "/data"],
    [path, `/data/${path.split("/")[1]}`],
  ],
  "its folder, and something else over the file": (path) => [
    [dirname(path), "/data"],
    ["other/document", `/data/${path.split("/")[1]}`],
  ],
  "its folder twice, once hidden": (path) => [
    [dirname(path), "/data"],
    [dirname(path), "/all"],
    ["", "/data/hidden"],
    ["other/document", `/data/${path.split("/")[1]}`],
  ],
  "a folder in which the host has mounted it": () => [["/within", "/all"]],
  "a folder in which the host has mounted it, and another over that": (path) => [
    ["/within", "/all"],
    ["other", `/all/${dirname(path)}`],
  ],
  "all of it": () => [["/real", "/all"]],
  "all of it, and another folder over its own": (path) => [
    ["/real", "/all"],
    ["other", `/all/${dirname(path)}`],
  ],
  "all of it, and a tmpfs over its folder": (path) => [
    ["/real", "/all"],
    ["", `/all/${dirname(path)}`],
  ],
  "another folder": () => [["other", "/data"]],
}

const one = (record: Readonly<Record<string, unknown>>) => fc.constantFrom(...Object.keys(record))
const cases = fc.record({
  path: fc.constantFrom(...documents),
  ...{ named: one(spellings), mounted: one(mounts), by: one(spellings) },
})

/** Which of them came, and was seen or not: so that none is empty. */
const met = { seen: 0, hidden: 0, old: 0 }

await lay()
await fc.assert(
  fc.asyncProperty(cases, async ({ path, named, mounted, by }) => {
    const described = (mounts[mounted]?.(path) ?? []).map(([source, target]) => {
      return { kind: "bind", source: written(source, by), target, isWritable: true }
    })
    const inspection = { mounts: described } as unknown as Inspection
    const file = written(path, named)
    await using view = await viewOf(described)
    const isAt = async (at: string) => (await view.identityAt(at)) === (await host.stat(file)).identity
    const found = await containerPathOf(host, inspection, file)
    if (found === undefined) {
      met.hidden += 1
      for (const at of placesOf(path)) assert.ok(!(await isAt(at)), `${at} is the file, and was not found`)
      return
    }
    met.seen += 1
    assert.ok(await isAt(found), `${found} is not the file in the container`)
    const back = hostPathOf(inspection, found)
    assert.equal(
      back && (await host.stat(back)).identity,
      (await host.stat(file)).identity,
      `${found} leads to ${back}`,
    )
    // As after every change of ours: another inode has the name.
    const seesOld = await mountsFileItself(host, inspection, file)
    await host.replace(file, { before: path, after: path })
    const isFresh = await isAt(found)
    if (!isFresh) met.old += 1
    // A rename takes a mount away that lies on the very name (seen with Linux 6): a restart is a precaution then.
    if (mounted !== ownPlace) assert.equal(isFresh, !seesOld, `${found} after the change`)
    else assert.ok(isFresh && seesOld)
  }),
  { numRuns: Number(runs), seed: Number(process.env.PROPERTY_SEED ?? 20261129) },
)
for (const [what, times] of Object.entries(met)) assert.ok(times > 0, `${what}: ${times} times`)
process.stdout.write(`${JSON.stringify(met)}\n`)

function written(path: string, spelling: string): string {
  if (path === "") return ""
  return path.startsWith("/") ? `${root}${path}` : `${root}/${spellings[spelling]?.(path) ?? path}`
}

function placesOf(path: string): readonly string[] {
  const names = [path, path.split("/")[1], "document"]
  return ["/data", "/all", "/etc"].flatMap((folder) => names.map((name) => `${folder}/${name}`))
}

async function lay(): Promise<void> {
  for (const folder of folders) await mkdir(join(root, "real", folder), { recursive: true })
  for (const path of [...documents, "other/document"]) await writeFile(join(root, "real", path), path)
  await symlink("real", join(root, "link"))
  await symlink(join(root, "link"), join(root, "again"))
  for (const path of [...documents, "other/document", ...folders])
    await symlink(`real/${path}`, join(root, `linked-${path.replace("/", "-")}`))
  await mkdir(join(root, "bound"))
  await execa("mount", ["--bind", join(root, "real"), join(root, "bound")])
  for (const folder of folders) {
    await mkdir(join(root, "within", folder), { recursive: true })
    await execa("mount", ["--bind", join(root, "real", folder), join(root, "within", folder)])
  }
}

interface View extends AsyncDisposable {
  /** Of what the container has at a path. */
  readonly identityAt: (path: string) => Promise<string>
}

async function viewOf(described: readonly { readonly source: string; readonly target: string }[]): Promise<View> {
  const at = await mkdtemp(join(root, "view-"))
  const told = JSON.stringify(described.map(({ source, target }) => [source, target]))
  const program = join(import.meta.dirname, "mounts-as-told.py")
  const child = spawn("unshare", ["--mount", "python3", program, at, told], { stdio: ["pipe", "pipe", "inherit"] })
  const ended = once(child, "exit")
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, "ready")
  return {
    identityAt: async (path) => {
      child.stdin.write(`${path}\n`)
      return String((await lines.next()).value)
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await ended
    },
  }
}
