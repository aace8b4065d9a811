import assert from "node:assert/strict"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { execa } from "execa"
import { startMasCli } from "../../contract/cli/mas-cli.ts"
import { installed, pyYaml } from "../../lab/python-packages.ts"

const homeserver = `server_name: example.org
public_baseurl: https://matrix.example.org/
enable_registration: no
allow_guest_access: off
enable_registration_captcha: No
password_config: {enabled: yes, localdb_enabled: on, pepper: s4lt}
database: {name: psycopg2, args: {user: synapse, password: 2024-01-31, dbname: synapse}}
`

test("the docs' way to MAS's first config copes with what only YAML 1.1 takes for a boolean", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "docs-command-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const yaml = join(folder, "homeserver.yaml")
  await writeFile(yaml, homeserver)
  const docs = await readFile(new URL("../../../docs/preparing.md", import.meta.url), "utf8")
  const program = /python -c '([^']+)'/.exec(docs)?.[1]
  assert.ok(program)
  const { stdout } = await execa("python3", ["-c", program, yaml], { env: { PYTHONPATH: await installed([pyYaml]) } })
  await writeFile(join(folder, "homeserver.json"), stdout)
  const { exitCode, stderr } = await generate(folder, "homeserver.json")
  assert.equal(exitCode, 0, stderr)
  assert.match((await generate(folder, "homeserver.yaml")).stderr, /found string "(no|off)", expected a boolean/)
})

function generate(folder: string, file: string) {
  return startMasCli(["config", "generate", "--synapse-config", file], { folder }).said
}
