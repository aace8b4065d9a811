import assert from "node:assert/strict"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { execa } from "execa"
import type { RecoveryReport } from "../../../components/recovery/recovery-report.ts"
import { type KeptDocument, keptDocument } from "../../integration/drift/project.ts"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"
import { changed } from "../../unit/config/valid-config.ts"
import { checkout } from "../../unit/docs/docs.ts"

/** What an engine is at when it is killed: the commands before, the ones that it works on, and how its state calls that. */
const deeds = {
  creating: { before: {}, after: { slow: "create", slower: "create" } },
  updating: { before: { slow: "quick" }, after: { slow: "update" } },
  deleting: { before: { slow: "delete", slower: "delete" }, after: {} },
} as const satisfies Readonly<Record<string, { before: Deed; after: Deed }>>

/** Names of commands, and what of them takes until somebody lets it go on. */
type Deed = Readonly<Record<string, "quick" | "create" | "update" | "delete">>

test("what an engine was at when it was killed is not in the state after `npm run recover`, nor after the next `up`", async (t) => {
  const project = await recoverable(t)
  for (const [kind, { before, after }] of Object.entries(deeds)) {
    await t.test(kind, async (t) => {
      // What is destroyed at the end does not wait for it, whatever fails.
      t.after(() => project.letGo())
      await project.holdBack()
      await project.alsoWant({ commands: project.commandsFor(before), password: "s3cret" })
      const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview")
      assert.equal(exitCode, 0, output)
      await project.alsoWant({ commands: project.commandsFor(after), password: "s3cret" })
      await project.killedHalfWay(Object.keys({ ...before, ...after }))

      const names = Object.keys({ ...before, ...after }).toSorted()
      const killed = await project.deployment()
      assert.deepEqual(
        killed.pending.map((one) => `${one.type} ${one.name}`).toSorted(),
        names.map((name) => `${kind} ${name}`),
      )
      const refused = await project.pulumi("up", "--yes", "--skip-preview")
      assert.match(refused.output, /is currently locked by 1 lock/)

      const first = await project.recover("--end")
      assert.equal(first.outcome, "ready", String(first.trouble))
      const notes = first.cleared.filter((line) => line.startsWith("Pulumi's note"))
      assert.deepEqual(
        notes.toSorted(),
        names.map((name) => `Pulumi's note that it was ${kind} ${name} is taken out of its state.`),
      )
      const recovered = await project.deployment()
      assert.deepEqual(recovered, { ...killed, pending: [] }, "something else of the state was changed")
      assert.deepEqual((await project.recover()).cleared, [], "something is left behind")

      await project.letGo()
      const next = await project.pulumi("up", "--yes", "--skip-preview", "--refresh")
      assert.equal(next.exitCode, 0, next.output)
      assert.doesNotMatch(next.output, /pending|interrupted/i)
      const ended = await project.deployment()
      assert.deepEqual(ended.pending, [])
      const there = ended.resources.filter((name) => names.includes(name))
      assert.deepEqual(there.toSorted(), Object.keys(after).toSorted())
    })
  }
})

interface Deployment {
  readonly pending: readonly { readonly type: string; readonly name: string }[]
  readonly resources: readonly string[]
  /** All else; of what is encrypted, that it is: Pulumi encrypts anew whenever it writes. */
  readonly values: unknown
}

interface Recoverable extends KeptDocument {
  commandsFor(deed: Deed): object
  /** Starts an `up`, and kills the engine alone once each of these has begun. */
  killedHalfWay(names: readonly string[]): Promise<void>
  recover(...words: readonly string[]): Promise<RecoveryReport>
  deployment(): Promise<Deployment>
  letGo(): Promise<void>
  /** Takes away what told that a command has begun, or may go on. */
  holdBack(): Promise<void>
}

/** A stack whose config names a homeserver that answers, so that a recovery can look at it. */
async function recoverable(t: TestContext): Promise<Recoverable> {
  const project = await keptDocument(t)
  const { folder } = project
  const { environment } = await prepareToolchain()
  const env = { ...environment, PULUMI_BACKEND_URL: `file://${join(folder, "state")}`, PULUMI_CONFIG_PASSPHRASE: "lab" }
  await configure(folder, await homeserver(t))
  const goOn = join(folder, "go-on")
  const begun = (name: string) => join(folder, `begun-${name}`)
  return {
    ...project,
    commandsFor: (deed) =>
      Object.fromEntries(
        Object.entries(deed).map(([name, slow]) => {
          const wait = `touch ${begun(name)}; until [ -e ${goOn} ]; do sleep 0.1; done`
          const of = (step: string) => (slow === step ? wait : "true")
          return [name, { create: of("create"), update: of("update"), delete: of("delete") }]
        }),
      ),
    async killedHalfWay(names) {
      const up = execa("pulumi", ["up", "--yes", "--skip-preview", "--stack", "test"], {
        cwd: folder,
        env,
        reject: false,
      })
      await until(() => names.every((name) => existsSync(begun(name))))
      up.kill("SIGKILL")
      await up
    },
    async recover(...words) {
      const argv = [join(checkout, "components/commands/recover.ts"), "--stack", "test", "--json", ...words]
      const { stdout, stderr } = await execa("node", argv, { cwd: folder, env, reject: false })
      assert.notEqual(stdout, "", stderr)
      return JSON.parse(stdout) as RecoveryReport
    },
    async deployment() {
      const { stdout } = await execa("pulumi", ["stack", "export", "--stack", "test"], { cwd: folder, env })
      return deploymentIn(stdout)
    },
    letGo: () => writeFile(goOn, ""),
    async holdBack() {
      for (const name of await readdir(folder)) {
        if (/^(?:begun-|go-on$)/.test(name)) await rm(join(folder, name))
      }
    },
  }
}

interface Exported {
  readonly deployment: {
    readonly pending_operations?: readonly { readonly type: string; readonly resource: { readonly urn: string } }[]
    readonly resources: readonly { readonly urn: string }[]
  }
}

function deploymentIn(text: string): Deployment {
  const { pending_operations: pending = [], resources } = (JSON.parse(text) as Exported).deployment
  return {
    pending: pending.map(({ type, resource }) => ({ type, name: nameIn(resource.urn) })),
    resources: resources.map(({ urn }) => nameIn(urn)),
    values: JSON.parse(JSON.stringify(resources).replaceAll(/"ciphertext":"[^"]+"/g, '"ciphertext":"…"')),
  }
}

function nameIn(urn: string): string {
  return urn.split("::").at(-1) ?? urn
}

async function homeserver(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end('{"flows": []}')).listen(0, "127.0.0.1")
  t.after(() => server.close())
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function configure(folder: string, synapseEndpoint: string): Promise<void> {
  const homeserverYaml = join(folder, "homeserver.yaml")
  await writeFile(homeserverYaml, "server_name: example.org\n")
  const commands = { cli: ["true"], start: ["true"], stop: ["true"], restart: ["true"], logs: ["true"] }
  const config = changed({
    synapse: { container: undefined, homeserverYaml, commands },
    mas: { container: undefined, synapseEndpoint, commands },
    host: { stateFolder: join(folder, "host/state") },
  })
  const named = Object.entries(config).map(([key, value]) => [`keeps-a-document:${key}`, value])
  const file = join(folder, "Pulumi.test.yaml")
  const [salt = ""] = /^encryptionsalt: .*$/m.exec(await readFile(file, "utf8")) ?? []
  // JSON is YAML.
  await writeFile(file, `${salt}\nconfig: ${JSON.stringify(Object.fromEntries(named))}\n`)
}

async function until(isSo: () => boolean, limitSeconds = 120): Promise<void> {
  const end = performance.now() + limitSeconds * 1000
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not so within ${limitSeconds} s`)
    await pause(50)
  }
}
