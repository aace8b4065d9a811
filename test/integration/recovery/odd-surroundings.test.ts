import assert from "node:assert/strict"
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type TestContext, test } from "node:test"
import { execa } from "execa"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"
import { changed } from "../../unit/config/valid-config.ts"
import { checkout } from "../../unit/docs/docs.ts"
import { temporaryFolder } from "../../unit/host/scenery.ts"

const command = join(checkout, "components/commands/recover.ts")

/** What keeps Pulumi itself from its states: variables, a change of them, and what is said. */
const hindrances: Readonly<
  Record<string, { readonly with: (folder: string) => NodeJS.ProcessEnv; readonly says: RegExp }>
> = {
  "no backend": { with: () => ({ PULUMI_BACKEND_URL: "" }), says: /PULUMI_ACCESS_TOKEN|login/ },
  "a backend in a folder that is missing": {
    with: (folder) => ({ PULUMI_BACKEND_URL: `file://${folder}/missing` }),
    says: /missing|no such file/,
  },
  "a backend of a kind that there is none of": {
    with: () => ({ PULUMI_BACKEND_URL: "ftp://nowhere" }),
    says: /ftp|PULUMI_ACCESS_TOKEN/,
  },
  "a backend that is no address": { with: () => ({ PULUMI_BACKEND_URL: "::" }), says: /::|PULUMI_BACKEND_URL|login/ },
  "no Pulumi": { with: () => ({ PATH: `${dirname(process.execPath)}:/usr/bin:/bin` }), says: /pulumi/i },
}

test("where Pulumi does not get to the stack, recover has one clear error and does not say that it has looked", async (t) => {
  const { folder, env } = await stack(t)
  for (const [what, hindrance] of Object.entries(hindrances)) {
    await t.test(what, async () => {
      const { exitCode, stdout, stderr } = await recover(folder, { ...env, ...hindrance.with(folder) })
      assert.equal(exitCode, 1, stdout + stderr)
      assert.match(stdout, hindrance.says)
      assert.match(stdout, /\((?:recover\/pulumi-failed|host\/program-missing)\)\.\n/)
      assert.equal(stdout.match(/^(?:Meaning|Next): /gm)?.length, 2, stdout)
      assert.doesNotMatch(stdout, /left behind/)
      assert.doesNotMatch(stdout + stderr, /\n\s+at |bug of matrix-auth|ZodError|SyntaxError/)
    })
  }
  await t.test("another passphrase is in nobody's way: no secret is read", async () => {
    const { exitCode, stdout } = await recover(folder, { ...env, PULUMI_CONFIG_PASSPHRASE: "wrong" })
    assert.equal(exitCode, 0, stdout)
    assert.match(stdout, /^Nothing had been left behind\./)
  })
  await t.test("a stack that is not there", async () => {
    const { exitCode, stdout } = await recover(folder, env, "--stack", "nowhere")
    assert.equal(exitCode, 1)
    assert.match(stdout, /no stack named 'nowhere'/)
    assert.doesNotMatch(stdout, /left behind/)
  })
})

test("odd locks of a real stack stop a recovery until somebody has looked, and are gone then", async (t) => {
  const { folder, env, pulumi } = await stack(t)
  const locks = join(folder, "state/.pulumi/locks/organization/chat/prod")
  await mkdir(locks, { recursive: true })
  const odd = ["", '{"pid": 1, "usern', '{"pid": "many"}', "[]", "\u0000"]
  for (const [nth, text] of odd.entries()) await writeFile(join(locks, `${nth}.json`), text)
  const refused = await recover(folder, env)
  assert.equal(refused.exitCode, 2, refused.stdout + refused.stderr)
  assert.match(refused.stdout, /which cannot be read \(recover\/holder-unknown\)\.\n/)
  assert.equal(refused.stdout.match(/\(recover\//g)?.length, 1)
  assert.doesNotMatch(refused.stdout, /left behind/)
  assert.equal((await readdir(locks)).length, odd.length)
  const looked = await recover(folder, env, "--holder-is-dead")
  assert.equal(looked.exitCode, 0, looked.stdout + looked.stderr)
  assert.equal(looked.stdout.match(/which cannot be read is taken away: you say that it is dead/g)?.length, odd.length)
  assert.deepEqual(await readdir(locks).catch(() => []), [])
  const { exitCode, all } = await pulumi("up", "--yes", "--skip-preview")
  assert.equal(exitCode, 0, all)
  assert.match((await recover(folder, env)).stdout, /^Nothing had been left behind\./)
})

/** An empty program's stack with a secret in its config; its homeserver has ended. */
async function stack(t: TestContext) {
  const folder = await temporaryFolder(t)
  const { environment } = await prepareToolchain((line) => t.diagnostic(line))
  const env = {
    ...environment,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "lab",
  }
  await mkdir(join(folder, "state"))
  await writeFile(
    join(folder, "Pulumi.yaml"),
    "name: chat\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.js\n",
  )
  await writeFile(join(folder, "index.js"), "")
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n')
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"))
  const pulumi = (...words: readonly string[]) =>
    execa("pulumi", [...words, "--stack", "prod", "--non-interactive"], { cwd: folder, env, reject: false, all: true })
  await execa("pulumi", ["stack", "init", "prod", "--non-interactive"], { cwd: folder, env })
  const commands = { cli: ["true"], start: ["true"], stop: ["true"], restart: ["true"], logs: ["true"] }
  const config = changed({
    synapse: { container: "no-such-synapse", homeserverYaml: join(folder, "homeserver.yaml") },
    mas: { container: undefined, commands },
    host: { stateFolder: join(folder, "host/state") },
    clients: [{ name: "admin_panel", authMethod: "client_secret_basic", redirectUris: [] }],
  })
  const namespaced = Object.entries(config).map(([key, value]) => [`chat:${key}`, value])
  const file = join(folder, "Pulumi.prod.yaml")
  // JSON is YAML; the salt goes beside it.
  const written = await execa("grep", ["^encryptionsalt", file])
  await writeFile(file, `${written.stdout}\nconfig: ${JSON.stringify(Object.fromEntries(namespaced))}\n`)
  await pulumi("config", "set", "--secret", "--path", "chat:clientSecrets.admin_panel", "s3cret")
  return { folder, env, pulumi }
}

function recover(folder: string, env: NodeJS.ProcessEnv, ...words: readonly string[]) {
  const argv = [command, "--stack", "prod", ...words]
  return execa(process.execPath, argv, { cwd: folder, env, extendEnv: false, reject: false, stripFinalNewline: false })
}
