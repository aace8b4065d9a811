import { chmod, mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import type { TestContext } from "node:test"
import type { BackupPlaces, BackupRules } from "../../../components/backup/backup-places.ts"
import type { Context } from "../../../components/lifecycle/lifecycle.ts"
import { temporaryFolder } from "../../unit/host/scenery.ts"
import { host, type SomeDatabase, someDatabase } from "./world.ts"

/** Two services without containers, with a database each and files of every kind. */
export interface SomeServer {
  readonly places: BackupPlaces
  readonly databases: { readonly synapse: SomeDatabase; readonly mas: SomeDatabase }
  /** All of it is below. */
  readonly root: string
  readonly context: Context
  /** What was said so far. */
  readonly said: readonly string[]
}

const homeserver = `
server_name: example.org
signing_key_path: example.org.signing.key
log_config: log.config
media_store_path: media_store
pid_file: homeserver.run
app_service_config_files: [../bridges/bridge.yaml]
templates: {custom_template_directory: ../templates}
`

/** What lies on the server, by path; the modes of some of it matter. */
const files: Readonly<Record<string, string | { readonly text: string; readonly mode: number }>> = {
  "synapse/homeserver.yaml": { text: homeserver, mode: 0o640 },
  "synapse/example.org.signing.key": { text: "ed25519 a_xxxx c2VjcmV0\n", mode: 0o600 },
  "synapse/log.config": "version: 1\n",
  "synapse/conf.d/a name with spaces.yaml": "more: true\n",
  "synapse/homeserver.log": "much\n",
  "synapse/homeserver.run": "17\n",
  "synapse/media_store/local_content/aa/bb": "a picture",
  "synapse/postgres/PG_VERSION": "15\n",
  "synapse/postgres/base/1/1249": "pages",
  "bridges/bridge.yaml": { text: "as_token: x\n", mode: 0o600 },
  "templates/mail/notice.html": "<p>",
  "mas/config.yaml": { text: "secrets: {encryption_file: ../secrets/encryption}\n", mode: 0o600 },
  "secrets/encryption": { text: "0123456789abcdef\n", mode: 0o400 },
  "state/delegated-auth.kept.json": '{"keys":{}}',
  "state/homeserver.frozen.yaml": "{}",
}

export async function someServer(t: TestContext, rules: Partial<BackupRules> = {}): Promise<SomeServer> {
  const root = await temporaryFolder(t)
  for (const [path, content] of Object.entries(files)) {
    const { text, mode } = typeof content === "string" ? { text: content, mode: 0o644 } : content
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    await chmod(join(root, path), mode)
  }
  const databases = { synapse: await someDatabase(t), mas: await someDatabase(t) }
  const said: string[] = []
  const service = (name: string) => ({ name, commands: { restart: ["true"] as const } })
  return {
    places: {
      folder: join(root, "state/backups"),
      stateFolder: join(root, "state"),
      databases: { synapse: databases.synapse.source, mas: databases.mas.source },
      services: {
        synapse: { config: join(root, "synapse/homeserver.yaml"), dialect: "yaml11", service: service("synapse") },
        mas: { config: join(root, "mas/config.yaml"), dialect: "yaml12", service: service("mas") },
      },
      rules: { copyTo: join(root, "operator/copies"), keep: 3, media: false, include: [], ...rules },
    },
    databases,
    root,
    context: { host, say: (line) => void said.push(line) },
    said,
  }
}
