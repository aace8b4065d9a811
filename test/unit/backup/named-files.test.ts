import assert from "node:assert/strict"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { readNamedFiles } from "../../../components/backup/named-files.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { inspectDocument } from "../host/engine-of-containers.ts"
import { temporaryFolder } from "../host/scenery.ts"

/** Where a config file lies that Synapse is given besides homeserver.yaml, and how it is given. */
const layouts = {
  "a folder beside it": { given: "/data/conf.d", file: "synapse/conf.d/keys.yaml" },
  "a folder beside it that is a link": { given: "/data/conf.d", file: "elsewhere/conf.d/keys.yaml" },
  "a folder that is mounted": { given: "/etc/synapse", file: "elsewhere/keys.yaml" },
  "a file that is mounted": { given: "/etc/synapse/keys", file: "elsewhere/keys" },
  "a file by a relative path": { given: "conf.d/keys.yaml", file: "synapse/conf.d/keys.yaml" },
}

for (const [name, { given, file }] of Object.entries(layouts)) {
  test(`what is named in ${name} is found, the signing key above all`, async (t) => {
    const root = await temporaryFolder(t)
    const write = async (path: string, text: string) => {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    await write("synapse/homeserver.yaml", "signing_key_path: /keys/of-before\n")
    await write(file, "signing_key_path: /keys/signing.key\nlog_config: /data/log.config\n")
    await write("keys/signing.key", "ed25519 a b\n")
    if (name.endsWith("link")) await symlink("../elsewhere/conf.d", join(root, "synapse/conf.d"))
    const mounts = ["synapse:/data", "elsewhere:/etc/synapse", "keys:/keys"].map((words) => {
      const [source = "", target = ""] = words.split(":")
      return [join(root, source), target] as const
    })
    const described = inspectDocument({ name: "synapse", mounts })
    await write(
      "described.json",
      JSON.stringify([{ ...described, Config: { ...described.Config, WorkingDir: "/data" } }]),
    )
    const found = await readNamedFiles(host, {
      ...{ config: join(root, "synapse/homeserver.yaml"), dialect: "yaml11" },
      service: { name: "synapse", engine: ["sh", "-c", `exec cat '${root}/described.json'`, "engine"] },
      startedWith: ["/data/homeserver.yaml", given],
    })
    assert.deepEqual(found.essential, [join(root, "synapse/homeserver.yaml"), join(root, "keys/signing.key")])
    assert.ok(found.named.includes(join(root, "synapse/log.config")), found.named.join(", "))
  })
}
