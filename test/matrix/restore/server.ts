import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import pRetry from "p-retry"
import type { BackupPlaces } from "../../../components/backup/backup-places.ts"
import type { BackupManifest } from "../../../components/backup/manifest.ts"
import { callsTo, path } from "../../lab/seed/client-api.ts"
import { preparePostgres, prepareSynapse, synapseVersion } from "../../offline/images/images.ts"
import { findOrStartDocker } from "../../offline/toolchain/docker.ts"
import { type Deployment, deploy } from "./deployment.ts"
import type { Layout } from "./layouts.ts"

/** What somebody on the server had before the backup. */
export interface Used {
  readonly userId: string
  readonly token: string
  readonly room: string
  readonly event: string
  readonly said: string
  /** Of a picture: server and id. */
  readonly media: string
  readonly picture: string
}

/** A Synapse and a Postgres in containers and on a network of their own. */
export class Server implements AsyncDisposable {
  readonly places: BackupPlaces
  readonly #root: string
  readonly #names: Readonly<Record<"network" | "postgres" | "synapse", string>>
  readonly #password: string
  readonly #cleaning: AsyncDisposableStack

  private constructor(parts: {
    readonly root: string
    readonly names: Readonly<Record<"network" | "postgres" | "synapse", string>>
    readonly password: string
    readonly deployment: Deployment
    readonly media: boolean
    readonly cleaning: AsyncDisposableStack
  }) {
    this.#root = parts.root
    this.#names = parts.names
    this.#password = parts.password
    this.#cleaning = parts.cleaning
    this.places = this.#placesOf(parts.deployment, parts.media)
  }

  /** Brings one up with this layout, and waits until it serves. */
  static async with(layout: Layout): Promise<Server> {
    await using cleaning = new AsyncDisposableStack()
    const id = `restore-${process.pid}-${randomBytes(3).toString("hex")}`
    const names = { network: id, postgres: `${id}-postgres`, synapse: `${id}-synapse` }
    const root = await mkdtemp(join(tmpdir(), "restore-"))
    cleaning.defer(() => rm(root, { recursive: true, force: true }))
    await mkdir(join(root, "server"))
    await docker("network", "create", names.network)
    cleaning.defer(async () => void (await docker("network", "rm", names.network)))
    const password = randomBytes(12).toString("hex")
    const login = { host: names.postgres, user: "synapse", password }
    const deployment = await deploy(join(root, "server"), layout, login)
    const media = layout.media.endsWith("in it")
    cleaning.defer(async () => void (await docker("rm", "--force", "--volumes", names.postgres)))
    const server = new Server({ root, names, password, deployment, media, cleaning: cleaning.move() })
    try {
      await server.#startPostgres()
      await server.#query("mas", "CREATE TABLE users AS SELECT n AS id FROM generate_series(1, 7) n")
      await server.#makeSynapse(deployment)
      await docker("start", names.synapse)
      await server.#waitUntilServing()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Somebody registers, says something, and sends a picture. */
  async use(): Promise<Used> {
    const anybody = callsTo(await this.#url())
    const auth = { type: "m.login.dummy" }
    const account = { username: "ada", password: randomBytes(9).toString("hex"), auth }
    const { user_id: userId, access_token: token } = await anybody("POST", "/_matrix/client/v3/register", account)
    const call = callsTo(await this.#url(), String(token))
    const { room_id: room } = await call("POST", "/_matrix/client/v3/createRoom", {})
    const said = `nothing is lost ${randomBytes(4).toString("hex")}`
    const send = path`/_matrix/client/v3/rooms/${String(room)}/send/m.room.message/1`
    const { event_id: event } = await call("PUT", send, { msgtype: "m.text", body: said })
    const picture = `picture ${randomBytes(4).toString("hex")}`
    const sent = await fetch(new URL("/_matrix/media/v3/upload", await this.#url()), {
      ...{ method: "POST", body: picture },
      headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
    })
    const { content_uri: uri } = (await sent.json()) as { content_uri: string }
    const used = { userId: String(userId), token: String(token), room: String(room), event: String(event), said }
    return { ...used, media: uri.replace("mxc://", ""), picture }
  }

  /** The server's disk is gone, its containers are as they were; the databases are new and empty. */
  async lose(): Promise<void> {
    await docker("stop", this.#names.synapse)
    await rename(join(this.#root, "server"), join(this.#root, "gone"))
    await docker("rm", "--force", "--volumes", this.#names.postgres)
    await this.#startPostgres()
  }

  /** All that the backup's own guide has to be typed, in its order, by a shell that ends at the first failure. */
  async restore({ id }: BackupManifest): Promise<void> {
    const guide = await readFile(join(this.places.folder, id, "restore.txt"), "utf8")
    const commands = guide.split("\n").filter((line) => line.startsWith("    "))
    const { exitCode, all } = await execa("sh", ["-e", "-c", commands.join("\n")], { reject: false, all: true })
    assert.equal(exitCode, 0, `${guide}\n${all}`)
  }

  /** It serves with what people had: the old token, the old message, the old picture if that was in the backup. */
  async serves({ userId, token, room, event, said, media, picture }: Used): Promise<void> {
    await this.#waitUntilServing()
    const call = callsTo(await this.#url(), token)
    assert.equal((await call("GET", "/_matrix/client/v3/account/whoami")).user_id, userId)
    const { content } = await call("GET", path`/_matrix/client/v3/rooms/${room}/event/${event}`)
    assert.deepEqual(content, { msgtype: "m.text", body: said })
    const again = path`/_matrix/client/v3/rooms/${room}/send/m.room.message/2`
    await call("PUT", again, { msgtype: "m.text", body: "it goes on" })
    const [server = "", id = ""] = media.split("/")
    const download = await fetch(new URL(path`/_matrix/client/v1/media/download/${server}/${id}`, await this.#url()), {
      headers: { authorization: `Bearer ${token}` },
    })
    if (this.places.rules.media) assert.equal(await download.text(), picture)
    else assert.equal(download.status, 404)
    const upload = await fetch(new URL("/_matrix/media/v3/upload", await this.#url()), {
      ...{ method: "POST", body: "another" },
      headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
    })
    assert.equal(upload.status, 200, "new pictures can be sent")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker("rm", "--force", "--volumes", this.#names.synapse)
    await this.#cleaning.disposeAsync()
  }

  #placesOf({ homeserverYaml, masConfig, words }: Deployment, media: boolean): BackupPlaces {
    const { postgres, synapse } = this.#names
    const source = (database: string) => {
      return { address: { container: postgres }, user: "synapse", password: this.#password, database }
    }
    const mas = { name: "mas", commands: { start: ["true"], stop: ["true"] } } as const
    return {
      folder: join(this.#root, "state", "backups"),
      stateFolder: join(this.#root, "state"),
      databases: { synapse: source("synapse"), mas: source("mas") },
      services: {
        synapse: {
          ...{ config: homeserverYaml, dialect: "yaml11", service: { name: "synapse", container: synapse } },
          startedWith: words.filter((word) => word.startsWith("/")),
        },
        mas: { config: masConfig, dialect: "yaml12", service: mas },
      },
      rules: { keep: 3, media, include: [] },
    }
  }

  /** With the two databases that a compose file makes, and nothing in them. */
  async #startPostgres(): Promise<void> {
    const { network, postgres } = this.#names
    const env = { POSTGRES_USER: "synapse", POSTGRES_DB: "synapse", POSTGRES_INITDB_ARGS: "--encoding=UTF8 --locale=C" }
    const words = Object.entries({ ...env, POSTGRES_PASSWORD: this.#password }).flatMap(([key, value]) => [
      "--env",
      `${key}=${value}`,
    ])
    const image = await preparePostgres(await options())
    await docker("run", "--detach", "--name", postgres, "--network", network, ...words, image, "postgres")
    const ready = () =>
      docker("exec", postgres, "psql", "-h", "127.0.0.1", "-U", "synapse", "-d", "synapse", "-c", "SELECT 1")
    await pRetry(ready, { retries: 120, minTimeout: 500, factor: 1 })
    await docker("exec", postgres, "createdb", "-U", "synapse", "mas")
  }

  async #query(database: string, sql: string): Promise<void> {
    await docker("exec", this.#names.postgres, "psql", "-U", "synapse", "-d", database, "-c", sql)
  }

  async #makeSynapse({ mounts, words }: Deployment): Promise<void> {
    const { network, synapse } = this.#names
    const program = ["-m", "synapse.app.homeserver", ...words]
    const image = await prepareSynapse(synapseVersion, await options())
    const as = ["--user", "991:991", "--entrypoint", "python", "--workdir", "/data", "--publish", "127.0.0.1::8008"]
    await docker("create", "--name", synapse, "--network", network, ...as, ...mounts, image, ...program)
  }

  async #url(): Promise<string> {
    const published = await docker("port", this.#names.synapse, "8008/tcp")
    return `http://${published.split("\n")[0]}/`
  }

  async #waitUntilServing(): Promise<void> {
    const look = async () => {
      const running = await docker("inspect", "--format", "{{.State.Running}}", this.#names.synapse)
      assert.equal(running, "true", await this.#log())
      return callsTo(await this.#url())("GET", "/_matrix/client/versions")
    }
    const shouldRetry = ({ error }: { readonly error: Error }) => !(error instanceof assert.AssertionError)
    await pRetry(look, { retries: 240, minTimeout: 500, factor: 1, shouldRetry })
  }

  async #log(): Promise<string> {
    const { all } = await execa("docker", ["logs", "--tail", "30", this.#names.synapse], { all: true, reject: false })
    return all
  }
}

/** `docker` with these words; what it prints. */
async function docker(...words: readonly string[]): Promise<string> {
  const { cli, environment } = await options()
  const { stdout } = await execa(cli, words, { env: environment })
  return stdout
}

async function options() {
  const { cli, environment } = await findOrStartDocker(() => {})
  return { cli, docker: cli, environment }
}
