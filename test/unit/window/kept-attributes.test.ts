import assert from "node:assert/strict"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { suite, test } from "node:test"
import { execa } from "execa"
import { localHost as host } from "../../../components/host/local-host.ts"
import { type Arena, lay } from "./arena.ts"
import { findShells, type Shell } from "./faulty-shell.ts"
import { delegated, legacy } from "./world.ts"

/** Read and write for the owner, read for user 991, as acl(5) lies in the attribute: version, then tag, rights and number. */
const giveAcl = `import os,struct,sys
entries=[(1,6,-1),(2,4,991),(4,4,-1),(16,4,-1),(32,0,-1)]
acl=struct.pack("<I",2)+b"".join(struct.pack("<HHi",*entry) for entry in entries)
os.setxattr(sys.argv[1],"system.posix_acl_access",acl)`
const giveNote = `import os,sys; os.setxattr(sys.argv[1],"user.note",b"theirs")`

const tell = `import os,sys
for name in sorted(os.listxattr(sys.argv[1])): print(name, os.getxattr(sys.argv[1],name).hex())`

/** As far as the switch asks it; this machine need not have the real one. */
const getfattr = `#!/bin/sh
for last; do :; done
echo "# file: $last"
exec /usr/bin/python3 -c '${tell}' "$last"
`

/** A minimal host's. */
const busybox = (program: string) => `#!/bin/sh\nexec /usr/bin/busybox ${program} "$@"\n`

interface Case {
  readonly name: string
  readonly give: readonly string[]
  readonly programs: Readonly<Record<string, string>>
  /** Whether they are back; else whether that is said. */
  readonly isKept: boolean
  readonly isSaid: boolean
}

const both = [giveAcl, giveNote]
const withBusybox = { cp: busybox("cp") }
const cases: readonly Case[] = [
  { name: "GNU cp", give: both, programs: {}, isKept: true, isSaid: false },
  { name: "GNU cp and getfattr", give: both, programs: { getfattr }, isKept: true, isSaid: false },
  {
    name: "busybox cp, and an ls that shows lists",
    give: [giveAcl],
    programs: withBusybox,
    isKept: false,
    isSaid: true,
  },
  {
    ...{ name: "busybox cp, and getfattr", give: [giveNote], isKept: false, isSaid: true },
    programs: { ...withBusybox, getfattr },
  },
  {
    ...{ name: "nothing but busybox, with nothing to keep", give: [], isKept: true, isSaid: false },
    programs: { ...withBusybox, ls: busybox("ls"), stat: busybox("stat") },
  },
  {
    ...{ name: "a cp that empties what it gives attributes to", give: [giveNote], isKept: false, isSaid: true },
    programs: {
      cp: `#!/bin/sh\nfor last; do :; done\ncase $1 in --attributes-only) : >"$last"; exit 1 ;; esac\nexec /usr/bin/cp "$@"\n`,
      getfattr,
    },
  },
  {
    ...{ name: "programs that fail to tell them", give: [], isKept: true, isSaid: false },
    programs: Object.fromEntries(["stat", "ls", "getfattr", "getfacl"].map((name) => [name, "#!/bin/sh\nexit 1\n"])),
  },
]

for (const shell of await findShells()) {
  suite(`what a file had besides its bytes, when the switch under ${shell.name} has put it back`, {
    concurrency: 2,
  }, () => {
    for (const { name, give, programs, isKept, isSaid } of cases) {
      test(`${name}: the bytes are back, ${isKept ? "and the rest as well" : "and what is not is said"}`, async () => {
        await using arena = await lay(programs)
        for (const program of give) await execa("python3", ["-c", program, arena.file])
        const before = await attributesOf(arena.file)
        assert.equal(before.split("\n").filter(Boolean).length, give.length)
        await putBack(arena, shell)
        assert.equal(await readFile(arena.file, "utf8"), legacy)
        if (isKept) assert.equal(await attributesOf(arena.file), before)
        const undone = (await host.readIfPresent(join(arena.switchFolder, "undone"))) ?? ""
        assert.equal(undone.includes(`${arena.file} has its bytes back, but not all of`), isSaid, undone)
      })
    }
  })
}

async function attributesOf(file: string): Promise<string> {
  return (await execa("python3", ["-c", tell, file])).stdout
}

/** As a run does it that is killed in between: it has written homeserver.yaml by a rename, with nothing but owner and mode. */
async function putBack({ path, script, file, switchFolder }: Arena, shell: Shell): Promise<void> {
  const prepared = await path.run(shell, [script, "prepare"])
  assert.equal(prepared.exitCode, 0, prepared.stderr)
  await writeFile(join(switchFolder, "ready"), "")
  await writeFile(join(switchFolder, "planned"), delegated)
  await writeFile(`${file}.new`, delegated, { mode: 0o640 })
  await execa("mv", [`${file}.new`, file])
  const acted = await path.run(shell, [script, "act"])
  assert.equal(acted.exitCode, 0, acted.stderr)
}
