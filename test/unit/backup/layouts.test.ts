import assert from "node:assert/strict"
import { link, mkdir, readFile, readlink, realpath, rename, rm, symlink, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import { archiveFiles } from "../../../components/backup/archive.ts"
import type { BackupPlaces } from "../../../components/backup/backup-places.ts"
import { findSmallFiles } from "../../../components/backup/small-files.ts"
import { openHost } from "../../../components/host/open-host.ts"
import { temporaryFolder } from "../host/scenery.ts"

const host = openHost({ kind: "local" })

/** A deployment: where its files are, and what Synapse and MAS are told to read. */
interface Layout {
  readonly homeserver: string
  /** All that Synapse and MAS read, by path below the root. */
  readonly reads: readonly string[]
  /** What else is done with the files: moved elsewhere, linked. */
  readonly lay?: (root: string) => Promise<unknown>
}

const named = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).reduce((text, [key, path]) => `${text}${key}: ${path}\n`, "server_name: example.org\n")

const plain = {
  homeserver: named({ signing_key_path: "example.org.signing.key", log_config: "example.org.log.config" }),
  reads: [
    "synapse/homeserver.yaml",
    "synapse/example.org.signing.key",
    "synapse/example.org.log.config",
    "mas/config.yaml",
  ],
}

const layouts: Readonly<Record<string, Layout>> = {
  "a plain folder, as the official image makes it": plain,
  "a folder behind a symbolic link": {
    ...plain,
    lay: (root) => moveBehindLink(root, "synapse", join(root, "disk/matrix/synapse")),
  },
  "a folder behind a relative link that is behind another one": {
    ...plain,
    lay: async (root) => {
      await moveBehindLink(root, "synapse", join(root, "disk/matrix/synapse"))
      await rename(join(root, "synapse"), join(root, "current"))
      await symlink("./mas/../current", join(root, "synapse"))
    },
  },
  "both folders below one that is a link": {
    homeserver: plain.homeserver,
    reads: plain.reads.map((path) => `srv/${path}`),
    lay: async (root) => {
      await mkdir(join(root, "volumes"))
      for (const name of ["synapse", "mas"]) await rename(join(root, name), join(root, "volumes", name))
      await symlink("volumes", join(root, "srv"))
    },
  },
  "conf.d and secrets beside": {
    homeserver: named({
      signing_key_path: "../secrets/signing.key",
      log_config: "conf.d/log.config",
      registration_shared_secret_path: "../secrets/registration",
      app_service_config_files: "[conf.d/bridge.yaml]",
    }),
    reads: [
      ...[
        "synapse/homeserver.yaml",
        "synapse/conf.d/log.config",
        "synapse/conf.d/bridge.yaml",
        "synapse/conf.d/more.yaml",
      ],
      ...["secrets/signing.key", "secrets/registration", "mas/config.yaml"],
    ],
  },
  "log.config and signing key elsewhere": {
    homeserver: named({ signing_key_path: "../keys/a/key.pem", log_config: "../etc/synapse.log.config" }),
    reads: ["synapse/homeserver.yaml", "keys/a/key.pem", "etc/synapse.log.config", "mas/config.yaml"],
  },
  "a log config that is called as a log is": {
    homeserver: named({ signing_key_path: "k.key", log_config: "../etc/synapse.log" }),
    reads: ["synapse/homeserver.yaml", "synapse/k.key", "etc/synapse.log", "mas/config.yaml"],
  },
  "secrets that are links to files elsewhere": {
    homeserver: named({ signing_key_path: "signing.key", log_config: "log.config", tls_certificate_path: "tls.pem" }),
    reads: [
      "synapse/homeserver.yaml",
      "synapse/signing.key",
      "synapse/log.config",
      "synapse/tls.pem",
      "mas/config.yaml",
    ],
    lay: async (root) => {
      for (const name of ["signing.key", "tls.pem"]) {
        await mkdir(join(root, "vault", name), { recursive: true })
        await rename(join(root, "synapse", name), join(root, "vault", name, "data"))
        await symlink(`../vault/${name}/data`, join(root, "synapse", name))
      }
    },
  },
  "a folder of secrets that is a link": {
    homeserver: named({ signing_key_path: "secrets/signing.key", log_config: "log.config" }),
    reads: ["synapse/homeserver.yaml", "synapse/secrets/signing.key", "synapse/log.config", "mas/config.yaml"],
    lay: (root) => moveBehindLink(root, "synapse/secrets", join(root, "vault")),
  },
  "a config with two names": {
    ...plain,
    lay: (root) => link(join(root, "synapse/homeserver.yaml"), join(root, "synapse/a-second-name.yaml")),
  },
}

for (const [name, layout] of Object.entries(layouts)) {
  test(`${name}: restored into an empty folder, all that the services read is there`, async (t) => {
    const { root, places } = await lay(t, layout)
    const { files, essential } = await findSmallFiles(host, places)
    const archive = join(root, "files.tar")
    await archiveFiles(host, archive, { paths: files, compared: essential })
    const elsewhere = await temporaryFolder(t)
    await execa("tar", ["-xpf", archive, "--numeric-owner", "-C", elsewhere])
    for (const path of layout.reads) {
      const was = await readFile(join(root, path), "utf8")
      const is = await readFile(await within(elsewhere, join(root, path)), "utf8")
      assert.equal(is, was, path)
    }
    // Each member by itself, as the guide says it for the configs: a hard link alone would be empty.
    for (const path of essential) {
      const { stdout } = await execa("tar", ["-xOf", archive, path.slice(1)])
      assert.equal(stdout, (await readFile(path, "utf8")).trimEnd(), path)
    }
    const { stdout } = await execa("tar", ["-tf", archive])
    assert.match(stdout, /synapse\/spare\.log\.config$/m, "no config names it, and it is none of the logs")
    assert.doesNotMatch(stdout, /media_store\/.|homeserver\.log\.2026|homeserver\.log$/m)
    const members = stdout.split("\n")
    assert.equal(new Set(members).size, members.length, "each is in it once")
  })
}

async function lay(t: TestContext, { homeserver, reads, lay: also }: Layout) {
  const root = await temporaryFolder(t)
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const isBelow = reads.every((path) => path.startsWith("srv/"))
  const original = (path: string) => (isBelow ? path.slice("srv/".length) : path)
  for (const path of reads) await write(original(path), `${path}: here\n`)
  await write("synapse/homeserver.yaml", homeserver)
  await write("mas/config.yaml", "secrets: {}\n")
  await write("synapse/spare.log.config", "version: 1\n")
  await write("synapse/homeserver.log", "much\n")
  await write("synapse/homeserver.log.2026-11-28", "much\n")
  await write("synapse/media_store/aa/bb", "a picture")
  await mkdir(join(root, "state"))
  await also?.(root)
  const below = isBelow ? join(root, "srv") : root
  const service = (name: string) => ({ name, commands: { start: ["true"] as const } })
  const source = { address: { host: "127.0.0.1" }, user: "nobody", database: "nothing" }
  const places: BackupPlaces = {
    folder: join(root, "state/backups"),
    stateFolder: join(root, "state"),
    databases: { synapse: source, mas: source },
    services: {
      synapse: { config: join(below, "synapse/homeserver.yaml"), dialect: "yaml11", service: service("synapse") },
      mas: { config: join(below, "mas/config.yaml"), dialect: "yaml12", service: service("mas") },
    },
    rules: { keep: 3, media: false, include: [] },
  }
  return { root, places }
}

async function moveBehindLink(root: string, name: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await rm(to, { recursive: true, force: true })
  await rename(join(root, name), to)
  await symlink(relative(dirname(join(root, name)), to), join(root, name))
}

/** A path as a machine would resolve it whose root folder is this one: absolute links lead within it. */
async function within(root: string, path: string): Promise<string> {
  let at = root
  for (const part of path.split("/").filter(Boolean)) {
    at = join(at, part)
    const to = await readlink(at).catch(() => undefined)
    if (to?.startsWith("/")) at = await within(root, to)
  }
  return realpath(at)
}
