import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import type { FoundItem } from "../../../components/drift/drift-report.ts"
import { inspectService } from "../../../components/host/inspection.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { configure } from "../crash/lab/configure.ts"
import { runPulumi, up } from "../crash/lab/run-pulumi.ts"
import { reset } from "../crash/lab/snapshot.ts"
import { runDrift } from "../drift/lab/run-drift.ts"
import { type Server, serverOf, until } from "../drift/lab/server.ts"
import { replacing, setting } from "../drift/mutators/in-documents.ts"
import { type SharedLab, takeSharedLab } from "../shared-lab.ts"

/** A manual edit after which a service ends at each start, and what has to be reported of it. */
interface CrashLoop {
  readonly title: string
  readonly service: "synapse" | "mas"
  readonly edit: (text: string) => string
  /** What the edit made of the managed key at fault: path, live, wanted. */
  readonly key: readonly [path: string, live: string | RegExp, wanted: string]
  /** The service's own last words. */
  readonly lastWords: RegExp
}

const crashLoops: readonly CrashLoop[] = [
  {
    title: "password log-in is back beside the delegation",
    service: "synapse",
    edit: setting("password_config", "enabled", "true"),
    key: ["password_config.enabled", "true", "false"],
    lastWords: /Password auth cannot be enabled .*password_config\.enabled/,
  },
  {
    title: "the block has two secrets",
    service: "synapse",
    edit: (text) => text.replace(/(service:\n(?: {2}.*\n)*? {2}secret: .*\n)/, "$1  secret_path: /data/no-such-file\n"),
    key: ["matrix_authentication_service.secret_path", "/data/no-such-file", "(absent)"],
    lastWords: /matrix_authentication_service|secret/i,
  },
  {
    title: "the switch of the delegation is a text",
    service: "synapse",
    edit: setting("matrix_authentication_service", "enabled", '"true"'),
    key: ["matrix_authentication_service.enabled", '"true"', "true"],
    lastWords: /matrix_authentication_service|Matrix Authentication Service/i,
  },
  {
    title: "MAS is told a kind of homeserver that it does not know",
    service: "mas",
    edit: replacing("  kind: synapse\n", "  kind: modern\n"),
    key: ["matrix.kind", "modern", "synapse"],
    lastWords: /unknown variant.*modern/,
  },
]

/** What ends a loop: `pulumi up` as it stands, and the way back. */
const endings = ["up", "rollback"] as const

describe("a service that a manual edit lets end at each start", () => {
  let shared: SharedLab
  let server: Server
  before(async () => {
    shared = await takeSharedLab()
    await reset(shared.lab, shared.worlds.delegated)
    server = await serverOf(shared.lab)
  })
  after(() => shared?.[Symbol.asyncDispose]())
  beforeEach(() => reset(shared.lab, shared.worlds.delegated))

  for (const loop of crashLoops) {
    for (const ending of endings) {
      it(`is reported with its last words and the key at fault, and ${ending} lets it serve: ${loop.title}`, async () => {
        await letItLoop(server, loop)
        if (ending === "up") await demandReport(server, loop)
        else await configure(shared.lab, { authentication: "legacy" })
        const { exitCode, output } = await runPulumi(shared.lab, ...up)
        assert.equal(exitCode, 0, output)
        await demandServing(server, ending === "up" ? "delegated" : "legacy")
        const clean = await runDrift(shared.lab)
        assert.deepEqual([clean.exitCode, clean.report.items], [0, []], JSON.stringify(clean.report))
      })
    }
  }
})

/** Edits the file, restarts the service, and waits until the engine has started it twice by itself. */
async function letItLoop(server: Server, { service, edit }: CrashLoop): Promise<void> {
  await server.edit(service === "synapse" ? "homeserver" : "mas", edit)
  await server.docker("restart", "--time", "5", server.containers[service])
  await until(async () => (await inspectOf(server, service)).restartCount >= 2, 120)
}

const inspectOf = (server: Server, service: "synapse" | "mas") =>
  inspectService(localHost, { name: server.containers[service] })

async function demandReport(server: Server, { service, key, lastWords }: CrashLoop): Promise<void> {
  const { exitCode, report } = await runDrift(server.lab)
  assert.equal(exitCode, 2, JSON.stringify(report))
  const [path, live, wanted] = key
  const ofFile = server.files[service === "synapse" ? "homeserver" : "mas"]
  const atFault = report.items.find(({ where }) => where.file === ofFile && where.keyPath === path)
  assert.deepEqual([atFault?.live, atFault?.wanted], [live, wanted], JSON.stringify(report.items))
  const ofService = report.items.find((item) => isAboutRunning(item, server.containers[service]))
  assert.match(ofService?.live ?? JSON.stringify(report.items), /^crash loop: .*last words: /s)
  assert.match(ofService?.live ?? "", lastWords)
}

function isAboutRunning({ where }: FoundItem, container: string): boolean {
  return where.container === container && where.keyPath === undefined
}

/** Who checks passwords, and that the engine no longer starts anything by itself. */
async function demandServing(server: Server, authentication: "legacy" | "delegated"): Promise<void> {
  const answer = await fetch(new URL("/_matrix/client/v3/login", server.lab.places.synapse.url))
  const text = await answer.text()
  const expected = authentication === "legacy" ? /m\.login\.password/ : /oauth_aware_preferred/
  assert.match(text, expected)
  for (const service of ["synapse", "mas"] as const)
    assert.equal((await inspectOf(server, service)).status, "running", service)
}
