import { randomBytes } from "node:crypto"
import { chmod, lchown, mkdir, readdir, rename, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { logConfig } from "../../../components/staging/synapse-files.ts"
import type { Layout } from "./layouts.ts"

/** The user of Synapse's container. */
const synapseUser = 991

/** A deployment's files below a root folder, and how its container gets at them. */
export interface Deployment {
  /** As an operator would name it in our config. */
  readonly homeserverYaml: string
  readonly masConfig: string
  /** Words for `docker run`. */
  readonly mounts: readonly string[]
  /** What the program is started with. */
  readonly words: readonly string[]
}

export interface DatabaseLogin {
  readonly host: string
  readonly user: string
  readonly password: string
}

/** Writes the files of a server with this layout. */
export async function deploy(root: string, layout: Layout, database: DatabaseLogin): Promise<Deployment> {
  const base = layout.folder === "below a link" ? join(root, "volumes") : root
  const data = join(base, "synapse")
  const elsewhere = join(root, "elsewhere")
  for (const folder of [data, elsewhere, join(base, "mas")]) await mkdir(folder, { recursive: true })
  await writeFile(join(base, "mas", "config.yaml"), "secrets: {}\n", { mode: 0o600 })
  await writeConfig(data, layout, database)
  await writeFile(join(layout.logConfig === "elsewhere" ? elsewhere : data, logNameOf(layout)), logConfig)
  await laySigningKey(layout, { data, elsewhere })
  const media = join(layout.media.startsWith("elsewhere") ? elsewhere : data, "media_store")
  await mkdir(media)
  await give(data, layout.owner)
  await give(elsewhere, layout.owner)
  await give(media, "synapse")
  const folder = await nameFolder(root, layout)
  const single = layout.mounts === "single file" ? ["-v", `${folder}/homeserver.yaml:/data/homeserver.yaml`] : []
  return {
    homeserverYaml: join(folder, "homeserver.yaml"),
    masConfig: join(dirname(folder), "mas", "config.yaml"),
    mounts: ["-v", `${folder}:/data`, "-v", `${elsewhere}:/elsewhere`, ...single],
    words: ["-c", "/data/homeserver.yaml", ...(layout.config === "conf.d" ? ["-c", "/data/conf.d"] : [])],
  }
}

function logNameOf({ logConfig: kind }: Layout): string {
  return kind === "called a log" ? "synapse.log" : "example.org.log.config"
}

async function writeConfig(data: string, layout: Layout, { host, user, password }: DatabaseLogin): Promise<void> {
  const at = (isElsewhere: boolean) => (isElsewhere ? "/elsewhere" : "/data")
  const keyPath = {
    beside: "/data/keys/signing.key",
    elsewhere: "/elsewhere/keys/signing.key",
    "behind links": "/data/signing.key",
  }[layout.signingKey]
  const main = `server_name: example.org
report_stats: false
listeners: [{port: 8008, type: http, bind_addresses: ["0.0.0.0"], resources: [{names: [client]}]}]
media_store_path: ${at(layout.media.startsWith("elsewhere"))}/media_store
trusted_key_servers: []
enable_registration: true
enable_registration_without_verification: true
macaroon_secret_key: ${randomBytes(16).toString("hex")}
`
  const more = `signing_key_path: ${keyPath}
log_config: ${at(layout.logConfig === "elsewhere")}/${logNameOf(layout)}
database:
  name: psycopg2
  args: {host: ${host}, user: ${user}, password: ${password}, dbname: synapse, cp_min: 1, cp_max: 3}
`
  const isOne = layout.config === "one file"
  await writeFile(join(data, "homeserver.yaml"), isOne ? main + more : main, { mode: 0o640 })
  if (isOne) return
  await mkdir(join(data, "conf.d"))
  await writeFile(join(data, "conf.d", "more.yaml"), more, { mode: 0o640 })
}

async function laySigningKey(
  { signingKey, owner }: Layout,
  { data, elsewhere }: Readonly<Record<"data" | "elsewhere", string>>,
): Promise<void> {
  const folders = {
    beside: join(data, "keys"),
    elsewhere: join(elsewhere, "keys"),
    "behind links": join(data, "secret", "..2026_11_30"),
  }
  const folder = folders[signingKey]
  await mkdir(folder, { recursive: true })
  const key = `ed25519 a_test ${randomBytes(32).toString("base64").replace(/=+$/, "")}\n`
  await writeFile(join(folder, "signing.key"), key, { mode: owner === "root" ? 0o640 : 0o600 })
  if (signingKey !== "behind links") return
  // As Kubernetes mounts a secret: a link to a link to a folder with a date.
  await symlink("..2026_11_30", join(data, "secret", "..data"))
  await symlink("secret/..data/signing.key", join(data, "signing.key"))
}

/** All of it: root's is for the group of Synapse to read. */
async function give(path: string, owner: Layout["owner"]): Promise<void> {
  await lchown(path, owner === "root" ? 0 : synapseUser, synapseUser)
  const below = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const one of below) {
    const at = join(path, one.name)
    if (one.isDirectory()) await give(at, owner)
    else await lchown(at, owner === "root" ? 0 : synapseUser, synapseUser)
  }
  await chmod(path, owner === "root" ? 0o750 : 0o700)
}

/** The folder by the name that the operator uses for it. */
async function nameFolder(root: string, { folder }: Layout): Promise<string> {
  const plain = join(root, "synapse")
  if (folder === "below a link") {
    await symlink("volumes", join(root, "srv"))
    return join(root, "srv", "synapse")
  }
  if (folder === "plain") return plain
  await mkdir(join(root, "disk", "matrix"), { recursive: true })
  await rename(plain, join(root, "disk", "matrix", "synapse"))
  if (folder === "link") await symlink(join(root, "disk", "matrix", "synapse"), plain)
  else {
    await symlink("disk/matrix/synapse", join(root, "current"))
    await symlink("./mas/../current", plain)
  }
  return plain
}
