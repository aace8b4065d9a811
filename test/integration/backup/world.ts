import { randomBytes } from "node:crypto"
import type { TestContext } from "node:test"
import type { DumpSource } from "../../../components/backup/dump-source.ts"
import { openHost } from "../../../components/host/open-host.ts"
import { type PostgresCluster, startPostgres } from "../../lab/postgres.ts"

/** This machine. */
export const host = openHost({ kind: "local" })

/** A database in the test's cluster with a few tables of the kinds that there are, and who may dump it. */
export interface SomeDatabase {
  readonly cluster: PostgresCluster
  readonly source: DumpSource
  /** As the superuser. */
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Names of the databases of ours that are there for a while. */
  scratch(): Promise<string[]>
}

let cluster: PostgresCluster | undefined
let made = 0

/** The Postgres of this test file, started when first wanted; end it with {@link stopCluster}. */
export async function sharedCluster(): Promise<PostgresCluster> {
  cluster ??= await startPostgres()
  return cluster
}

/** To be called after all tests of a file. */
export async function stopCluster(): Promise<void> {
  await cluster?.stop()
}

/** A role's password; each world has its own, so that it can be looked for. */
export const passwordFor = () => randomBytes(12).toString("hex")

/** A database of its own, whose owner may or may not make others. */
export async function someDatabase(
  _: TestContext,
  { mayCreate = true }: { readonly mayCreate?: boolean } = {},
): Promise<SomeDatabase> {
  const shared = await sharedCluster()
  made += 1
  const [database, user, password] = [`some_${process.pid}_${made}`, `owner_${process.pid}_${made}`, passwordFor()]
  await shared.createDatabase({ name: database, owner: user, password })
  const query = (sql: string) => shared.query(database, sql)
  if (mayCreate) await query(`ALTER ROLE ${user} CREATEDB`)
  await query(`SET ROLE ${user}; ${tables}`)
  const address = { host: shared.host, port: shared.port }
  const scratch = async () => {
    const found = await query("SELECT datname AS name FROM pg_database WHERE datname LIKE 'matrix_auth_proof%'")
    return found.map(({ name }) => String(name))
  }
  return { cluster: shared, source: { address, user, password, database }, query, scratch }
}

const tables = `
  CREATE TABLE users (name text PRIMARY KEY, password_hash text);
  INSERT INTO users SELECT 'user' || n, md5(n::text) FROM generate_series(1, 500) n;
  CREATE SCHEMA other;
  CREATE TABLE other."Odd name""s" (id bigserial PRIMARY KEY, owner text REFERENCES users, said bytea);
  INSERT INTO other."Odd name""s" (owner, said) SELECT 'user' || n, '\\x00ff' FROM generate_series(1, 70) n;
  CREATE TABLE nothing (id int);
  CREATE TABLE parted (id int) PARTITION BY RANGE (id);
  CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
  INSERT INTO parted SELECT n FROM generate_series(0, 9) n;
  CREATE VIEW names AS SELECT name FROM users;
  CREATE MATERIALIZED VIEW frozen AS SELECT count(*) FROM users;
  CREATE FUNCTION ten() RETURNS int LANGUAGE sql AS 'SELECT 10'`
