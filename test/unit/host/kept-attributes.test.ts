import assert from "node:assert/strict"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { execa } from "execa"
import { localHost as host } from "../../../components/host/local-host.ts"
import { temporaryFolder } from "./scenery.ts"

/** Read and write for the owner, read for user 991, as acl(5) lies in the attribute: version, then tag, rights and number. */
const give = `import os,struct,sys
entries=[(1,6,-1),(2,4,991),(4,4,-1),(16,4,-1),(32,0,-1)]
acl=struct.pack("<I",2)+b"".join(struct.pack("<HHi",*entry) for entry in entries)
os.setxattr(sys.argv[1],"system.posix_acl_access",acl)
os.setxattr(sys.argv[1],"user.note",b"theirs")`

const tell = `import os,sys
for name in sorted(os.listxattr(sys.argv[1])): print(name, os.getxattr(sys.argv[1],name).hex())`

test("a replaced file keeps who may read it besides its owner, and its notes", async (t) => {
  const path = join(await temporaryFolder(t), "homeserver.yaml")
  await writeFile(path, "before")
  await execa("python3", ["-c", give, path])
  const attributesOf = async (file: string) => (await execa("python3", ["-c", tell, file])).stdout
  const [attributes, { mode }] = [await attributesOf(path), await host.stat(path)]
  assert.deepEqual([...attributes.matchAll(/^\S+/gm)].flat(), ["system.posix_acl_access", "user.note"])
  await host.replace(path, { before: "before", after: "after" })
  assert.equal(await attributesOf(path), attributes)
  assert.equal((await host.stat(path)).mode, mode)
  assert.equal(await readFile(path, "utf8"), "after")
})
