import assert from "node:assert/strict"
import type { Said } from "./mas-cli.ts"
import { everyKind } from "./synapse-database.ts"
import { openWorkbench, type Workbench } from "./workbench.ts"

/** The tables that syn2mas fills, in the order in which it looks whether they are empty. */
export const filledTables = [
  "users",
  "user_passwords",
  "user_emails",
  "user_unsupported_third_party_ids",
  "upstream_oauth_links",
  "compat_sessions",
  "compat_access_tokens",
  "compat_refresh_tokens",
]

/** People of every kind in Synapse, nobody in MAS, and a provider that both know. */
export class MigrationBench implements AsyncDisposable {
  readonly bench: Workbench

  private constructor(bench: Workbench) {
    this.bench = bench
  }

  static async open(): Promise<MigrationBench> {
    const opened = new MigrationBench(await openWorkbench({ people: everyKind }))
    await opened.restoreSynapseConfig()
    return opened
  }

  /** MAS as before any migration. */
  async empty(): Promise<void> {
    await this.bench.mas(`truncate ${filledTables.join(", ")} cascade`)
    await this.bench.configure({ upstream_oauth2: upstream })
  }

  /** homeserver.yaml with the provider, and others of these ids beside it. */
  async restoreSynapseConfig(others: readonly string[] = []): Promise<void> {
    const more = others.map((idpId) => ({ ...dex, idp_id: idpId }))
    await this.bench.configureSynapse({ oidc_providers: [dex, ...more] })
  }

  syn2mas(...args: readonly string[]): Promise<Said> {
    return this.bench.run("syn2mas", "--synapse-config", "homeserver.yaml", ...args)
  }

  async migrate(): Promise<void> {
    const { exitCode, stderr } = await this.syn2mas("migrate")
    assert.equal(exitCode, 0, stderr)
  }

  async count(rows: string): Promise<number> {
    const [found] = await this.bench.mas(`select count(*)::int as count from ${rows}`)
    return Number(found?.count)
  }

  /** What only exists while a migration is under way. */
  async awayTables(): Promise<string[]> {
    const rows = await this.bench.mas("select tablename from pg_tables where tablename like 'syn2mas%' order by 1")
    return rows.map(({ tablename }) => String(tablename))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]()
  }
}

const dex = { idp_id: "dex", idp_name: "Dex", issuer: "https://dex.test", client_id: "a", client_secret: "b" }
export const upstream = {
  providers: [
    {
      id: "01GFWR32NCQ12B8Z0J8CPXRRB6",
      synapse_idp_id: "oidc-dex",
      issuer: "https://dex.test",
      client_id: "a",
      token_endpoint_auth_method: "none",
    },
  ],
}
