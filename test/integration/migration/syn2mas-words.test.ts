import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { after, before, suite, test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { freezeHomeserver } from "../../../components/migration/frozen-homeserver.ts"
import { checkMigration } from "../../../components/migration/syn2mas.ts"
import { Refusal } from "../../../components/report/refusal.ts"
import { masCli } from "../../contract/cli/mas-cli.ts"

/** Secrets of every shape, as a homeserver.yaml may have them at each place that syn2mas reads. */
const scalars: readonly (readonly [scalar: string, secret: string])[] = [
  ["90210777", "90210777"],
  ["2024-01-31", "2024-01-31"],
  ["1.50125", "1.50125"],
  ["0777777", "262143"],
  [`"it's \\"quoted\\""`, `it's \\"quoted`],
  ["'one ''quote'", "one 'quote"],
  ["|\n        first line\n        second line", "second line"],
  ["päßwörd", "päßwörd"],
  ["p%40ss%2Fword", "p%40ss%2Fword"],
  ["c2VjcmV0LXNlY3JldA==", "c2VjcmV0LXNlY3JldA=="],
]

const places: readonly ((scalar: string) => string)[] = [
  (scalar) => document({ args: `      password: ${scalar}\n` }),
  (scalar) => document({ rest: `password_config:\n      pepper: ${scalar}\n` }),
  (scalar) => document({ rest: `registration_shared_secret:\n      ${scalar}\n` }),
  (scalar) =>
    document({
      rest: `oidc_providers:\n    - idp_id: x\n      issuer: "https://id.example.org/"\n      client_secret: ${scalar}\n`,
    }),
]

function document({ args = "      password: pw\n", rest = "" }): string {
  return `server_name: example.org\nenable_registration: no\nallow_guest_access: off\ndatabase:\n  name: psycopg2\n  args:\n      user: synapse\n      dbname: synapse\n      host: 127.0.0.1\n      port: "1"\n${args}${rest}`
}

suite("What syn2mas says is passed on without a secret of what it was given", { concurrency: false }, () => {
  const host = openHost({ kind: "local" })
  const world: { folder?: string } = {}
  before(async () => {
    world.folder = await mkdtemp(join(tmpdir(), "syn2mas-words-"))
  })
  after(() => world.folder && rm(world.folder, { recursive: true, force: true }))

  for (const [scalar, secret] of scalars) {
    test(`${JSON.stringify(scalar)}, wherever it stands`, async () => {
      for (const place of places) {
        const { message, file } = await refused(place(scalar))
        assert.ok(!message.includes(secret), message)
        assert.ok(!message.includes(scalar), message)
        assert.equal(file, join(folder(), "mas.yaml"))
        // With values of its own types in the copy it gets as far as the database, where nobody listens.
        assert.doesNotMatch(message, /invalid type|expected/)
        assert.match(message, /onnect|refused/)
      }
    })
  }

  test("a complaint names the operator's file, not our copy", async () => {
    const { message } = await refused(document({ rest: "oidc_providers: {a: s3cret-in-a-map}\n" }))
    assert.doesNotMatch(message, /frozen/)
    assert.match(message, /homeserver\.yaml/)
  })

  async function refused(text: string): Promise<{ message: string; file: string | undefined }> {
    const from = join(folder(), "homeserver.yaml")
    const config = join(folder(), "mas.yaml")
    await writeFile(from, text)
    await writeFile(
      config,
      `database: {uri: "postgresql://mas:pw@127.0.0.1:1/mas"}\nsecrets: {encryption: "${"0".repeat(64)}", keys: []}\nmatrix: {homeserver: example.org, secret: sh4red}\n`,
    )
    const cli = ["env", `PATH=${[dirname(masCli), process.env.PATH].join(delimiter)}`] as const
    const service = { name: "mas", commands: { cli } }
    const synapse = { service: { name: "synapse", commands: { cli } }, homeserverYaml: from }
    const homeserverYaml = await freezeHomeserver(host, { synapse, stateFolder: folder(), like: config })
    const run = { mas: { service, config }, homeserverYaml, frozenFrom: from, acknowledge: {} }
    try {
      await checkMigration(host, run)
    } catch (error) {
      if (error instanceof Refusal) return { message: error.message, file: error.where.file }
      throw error
    }
    throw new Error("it was taken")
  }

  function folder(): string {
    assert.ok(world.folder)
    return world.folder
  }
})
