import assert from "node:assert/strict"
import { appendFile, cp, readFile, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import { after, before, describe, it } from "node:test"
import { execa } from "execa"
import { silentProgress } from "../../components/report/progress.ts"
import { type Lab, makeLab } from "../lab/lab.ts"
import { type RehearsalReport, rehearse } from "../rehearsal/rehearsal.ts"
import { secretsOf } from "./lab-secrets.ts"

interface StateResource {
  readonly type: string
  readonly inputs?: { readonly __provider?: string }
  readonly outputs?: { readonly __provider?: string }
}

/** One lab goes the whole way; each promise is looked at where it ends. */
describe("there, back and there again, on a lab of its own", () => {
  let lab: Lab
  let report: RehearsalReport
  before(async () => {
    lab = await makeLab()
    report = await rehearse(lab, silentProgress)
  })
  after(() => lab?.destroy())

  it("proves every claim of the rehearsal", () => {
    assert.ok(report.proven.length >= 25, `only ${report.proven.length} claims were proven`)
  })

  it("shows no secret in any output", async () => {
    const secrets = await secretsOf(lab, report.seeded)
    assert.ok(secrets.length > 60, `only ${secrets.length} secrets were looked for`)
    const shown = lab.transcript.join("\n")
    assert.deepEqual(
      secrets.filter((secret) => shown.includes(secret)),
      [],
    )
  })

  it("keeps no secret in the state in the clear", async () => {
    const { output } = await lab.pulumi("stack", "export", "--stack", lab.stack)
    const secrets = await secretsOf(lab, report.seeded)
    assert.deepEqual(
      secrets.filter((secret) => output.includes(secret)),
      [],
    )
  })

  it("keeps the same small provider with every resource of ours", async () => {
    const { output } = await lab.pulumi("stack", "export", "--stack", lab.stack)
    const { deployment } = JSON.parse(output) as { deployment: { resources: StateResource[] } }
    const providers = deployment.resources.flatMap(({ inputs }) => inputs?.__provider ?? [])
    assert.ok(providers.length >= 12, `only ${providers.length} dynamic resources are in the state`)
    for (const provider of providers)
      assert.ok(Buffer.byteLength(provider) <= 2560, `${Buffer.byteLength(provider)} bytes`)
    const shapes = new Set(providers.map((provider) => provider.replaceAll(/"[\w/-]+\.provider"/g, "MODULE")))
    assert.equal(shapes.size, 1)
  })

  it("sees no change when the code of the providers changes", async () => {
    const components = join(lab.project, "components")
    await rm(components)
    await cp(resolve(import.meta.dirname, "../../components"), components, { recursive: true })
    for (const file of ["mas/client.provider.ts", "files/managed-lifecycle.ts", "lifecycle/dispatch.ts"]) {
      await appendFile(join(components, file), "\nexport const editedByTheTest = true\n")
    }
    const { exitCode, output } = await lab.pulumi("preview", "--expect-no-changes", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
  })

  it("finds a hand edit, and mends it without touching what is not ours", async () => {
    const path = lab.places.wellKnown.file
    const mended = await readFile(path, "utf8")
    const { issuer } = lab.places.mas
    await lab.edit(path, (text) => text.replace(`"${issuer}"`, `"${issuer.replace(/\/$/, "")}"`))
    const drift = await lab.pulumi("preview", "--expect-no-changes", "--diff", "--stack", lab.stack)
    assert.notEqual(drift.exitCode, 0)
    assert.match(drift.output, /issuer *: "http:\/\/127\.0\.0\.1:\d+" => "http:\/\/127\.0\.0\.1:\d+\/"/)
    const repair = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.equal(repair.exitCode, 0, repair.output)
    assert.equal(await readFile(path, "utf8"), mended)
  })

  it("is taken down without leaving anything", async () => {
    const { exitCode, output } = await lab.pulumi("destroy", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
    for (const words of [
      ["ps", "--all"],
      ["volume", "ls"],
      ["network", "ls"],
    ]) {
      const { stdout } = await execa(lab.dockerCli, [...words, "--quiet", "--filter", `name=${lab.stack}`])
      assert.equal(stdout, "", `docker ${words.join(" ")} still shows something`)
    }
    await assert.rejects(readFile(lab.places.synapse.homeserverYaml), { code: "ENOENT" })
  })
})
