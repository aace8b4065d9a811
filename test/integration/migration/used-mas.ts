import assert from "node:assert/strict"
import { upstream } from "../../contract/cli/migration-bench.ts"
import { recording } from "../../contract/cli/recorded.ts"
import { type FakeSynapse, startFakeSynapse } from "../../contract/http/fake-synapse.ts"
import { MigrationDatabases } from "./migration-databases.ts"

/** The databases after a cutover, a homeserver that takes what MAS tells it, and mas-cli to do in MAS what people do. */
export class UsedMas implements AsyncDisposable {
  readonly databases: MigrationDatabases
  readonly homeserver: FakeSynapse

  private constructor(databases: MigrationDatabases, homeserver: FakeSynapse) {
    this.databases = databases
    this.homeserver = homeserver
  }

  static async open(): Promise<UsedMas> {
    await using opened = new AsyncDisposableStack()
    const databases = opened.use(await MigrationDatabases.open())
    const homeserver = opened.use(await startFakeSynapse())
    opened.move()
    return new UsedMas(databases, homeserver)
  }

  /** MAS as the migration leaves it, and Synapse as it was before. */
  async cutOver(): Promise<void> {
    const { bench } = this.databases
    await this.databases.synapse.execute(
      `TRUNCATE e2e_room_keys, e2e_room_keys_versions, e2e_device_keys_json, e2e_cross_signing_keys,
        e2e_cross_signing_signatures`,
    )
    for (const table of ["access_tokens", "refresh_tokens"]) {
      await this.databases.synapse.execute(`DELETE FROM ${table} WHERE token ~ '^sy._generated'`)
    }
    await this.databases.mas.execute("TRUNCATE queue_jobs CASCADE")
    await bench.empty()
    await bench.migrate()
    const matrix = { ...(recording.baseConfig.matrix as object), endpoint: this.homeserver.url }
    await bench.bench.configure({ matrix, upstream_oauth2: upstream })
  }

  /** `mas-cli manage …`, which has to succeed. */
  async manage(...words: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await this.databases.bench.bench.run("manage", ...words)
    assert.equal(exitCode, 0, stderr)
  }

  /** A row of MAS's, by SQL. */
  async inMas(sql: string): Promise<void> {
    await this.databases.bench.bench.mas(sql)
  }

  async inSynapse(sql: string): Promise<void> {
    await this.databases.bench.bench.synapse(sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.homeserver[Symbol.asyncDispose]()
    await this.databases[Symbol.asyncDispose]()
  }
}

/** A version-4 uuid, as good as MAS's own here. */
export const anId = "gen_random_uuid()"

/** The id of an account in MAS. */
export const idOf = (username: string) => `(SELECT user_id FROM users WHERE username = '${username}')`
