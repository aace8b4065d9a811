import { type Database, openDatabase } from "../../../components/host/database.ts"
import { openHost } from "../../../components/host/open-host.ts"
import type { Holdings, Side } from "../../../components/migration/holdings.ts"
import { readHoldings } from "../../../components/migration/read-holdings.ts"
import { MigrationBench } from "../../contract/cli/migration-bench.ts"

/** Synapse's tables with people of every kind, and MAS's, in a Postgres of the test's own; sessions as we open them. */
export class MigrationDatabases implements AsyncDisposable {
  readonly bench: MigrationBench
  readonly synapse: Database
  readonly mas: Database

  private constructor(bench: MigrationBench, databases: Readonly<Record<Side, Database>>) {
    this.bench = bench
    this.synapse = databases.synapse
    this.mas = databases.mas
  }

  static async open(): Promise<MigrationDatabases> {
    await using opened = new AsyncDisposableStack()
    const bench = opened.use(await MigrationBench.open())
    await bench.empty()
    const [synapse, mas] = [await openSide(bench, "synapse"), await openSide(bench, "mas")]
    opened.move()
    return new MigrationDatabases(bench, { synapse, mas })
  }

  holdings(side: Side): Promise<Holdings> {
    return readHoldings(this[side], side)
  }

  /** Runs statements on one side, looks, and undoes them. */
  async supposing<T>(side: Side, statements: string, look: () => Promise<T>): Promise<T> {
    await this[side].execute("BEGIN")
    try {
      await this[side].execute(statements)
      return await look()
    } finally {
      await this[side].execute("ROLLBACK")
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.synapse.close(), this.mas.close()])
    await this.bench[Symbol.asyncDispose]()
  }
}

/** As the owner of the tables: the bench's roles have their own first letter for a password. */
export function openSide({ bench }: MigrationBench, side: Side, database: string = side): Promise<Database> {
  const { host, port } = bench.cluster
  const role = side === "synapse" ? "s" : "m"
  const address = { address: { host, port }, user: role, password: role, database }
  return openDatabase(openHost({ kind: "local" }), address, { writable: true })
}
