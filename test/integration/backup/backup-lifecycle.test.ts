import assert from "node:assert/strict"
import { appendFile, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, type TestContext, test } from "node:test"
import type { BackupInputs } from "../../../components/backup/backup-lifecycle.ts"
import { backupLifecycle } from "../../../components/backup/backup-lifecycle.ts"
import type { BackupPlaces } from "../../../components/backup/backup-places.ts"
import { type SomeServer, someServer } from "./server.ts"
import { stopCluster } from "./world.ts"

after(stopCluster)

test("preview says what will be in it, how large, where it goes and that there is none yet, and writes nothing", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const { plan = [], inputs: wanted } = (await lifecycle.check?.(inputs, undefined, server.context)) ?? {}
  assert.equal(wanted?.newest, "whole")
  assert.match(plan.join("\n"), /backs up Synapse's database \(.* MiB\), MAS's database \(.*\) and 9 small files \(/)
  assert.match(plan.join("\n"), /there is none yet/)
  assert.match(plan.join("\n"), /a copy on this machine \(.*, which is the server itself: not a second place\)/)
  assert.deepEqual((await readdir(join(server.root, "state"))).sort(), [
    "delegated-auth.kept.json",
    "homeserver.frozen.yaml",
  ])
})

test("the state has digests, sizes, counts and times, and no secret", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const outputs = await lifecycle.converge(inputs, undefined, server.context)
  assert.deepEqual(outputs.counts, { synapse: { tables: 4, rows: 580 }, mas: { tables: 4, rows: 580 } })
  assert.deepEqual(Object.keys(outputs.files), ["synapse.dump", "mas.dump", "files.tar", "restore.txt", "SHA256SUMS"])
  for (const { sha256, bytes } of Object.values(outputs.files)) {
    assert.match(sha256, /^[0-9a-f]{64}$/)
    assert.ok(bytes > 300)
  }
  assert.ok(Date.parse(outputs.takenAt) <= Date.parse(outputs.provenAt))
  assert.deepEqual(Object.keys(outputs).sort(), [...lifecycle.outputs].sort())
  const state = JSON.stringify({ ...inputs, ...outputs })
  for (const side of ["synapse", "mas"] as const) {
    assert.ok(!state.includes(String(server.databases[side].source.password)))
  }
})

test("an old backup is no drift; one whose files are gone or altered is, and the next up takes another", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const outputs = await lifecycle.converge(inputs, undefined, server.context)
  const state = { ...inputs, newest: "whole" as const, ...outputs }
  const { folder } = server.places
  assert.deepEqual(await lifecycle.read(state, server.context), state)
  assert.deepEqual((await lifecycle.check?.(inputs, { ...inputs, newest: "whole" }, server.context))?.plan, undefined)
  await appendFile(join(folder, outputs.backup, "mas.dump"), "x")
  const altered = await lifecycle.read(state, server.context)
  assert.equal(altered?.newest, "altered")
  const again = await lifecycle.converge(inputs, altered, server.context)
  assert.notEqual(again.backup, outputs.backup)
  const renewed = { ...state, ...again }
  assert.equal((await lifecycle.read(renewed, server.context))?.newest, "whole")
  await rm(join(folder, again.backup), { recursive: true })
  assert.equal((await lifecycle.read(renewed, server.context))?.newest, "missing")
  await rm(folder, { recursive: true })
  assert.equal((await lifecycle.read(renewed, server.context))?.newest, "missing")
})

test("one that a cutover took meanwhile is as good as the one in the state", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const outputs = await lifecycle.converge(inputs, undefined, server.context)
  await writeFile(join(server.places.folder, outputs.backup, "manifest.json"), "{}")
  const newer = await lifecycle.converge(inputs, undefined, server.context)
  await rm(join(server.places.folder, outputs.backup), { recursive: true })
  const state = { ...inputs, newest: "whole" as const, ...outputs, takenAt: newer.takenAt.replace(/^2/, "1") }
  assert.equal((await lifecycle.read(state, server.context))?.newest, "whole")
})

test("with other contents wanted, a young backup of less does not do", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const first = await lifecycle.converge(inputs, undefined, server.context)
  const wanted = { ...inputs, rules: { ...inputs.rules, media: true } }
  const second = await lifecycle.converge(wanted, { ...inputs, ...first }, server.context)
  assert.notEqual(second.backup, first.backup)
  assert.ok("media.tar" in second.files)
  const fewer = { ...wanted, rules: { ...wanted.rules, keep: 1 } }
  assert.equal((await lifecycle.converge(fewer, { ...wanted, ...second }, server.context)).backup, second.backup)
})

test("the way back does not wait for a backup that cannot be made, if there is an older one; the way there does", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const delegated = { ...inputs, authentication: "delegated", youngerThanSeconds: -1 } as const
  const outputs = await lifecycle.converge(delegated, undefined, server.context)
  await server.databases.mas.query(`ALTER ROLE ${server.databases.mas.source.user} NOLOGIN`)
  const legacy = { ...delegated, authentication: "legacy" } as const
  const { plan = [] } = (await lifecycle.check?.(legacy, delegated, server.context)) ?? {}
  assert.match(plan.join("\n"), /no fresh backup can be taken .* the way back will go on with .*\/backups\//)
  assert.equal((await lifecycle.converge(legacy, { ...delegated, ...outputs }, server.context)).backup, outputs.backup)
  await assert.rejects(lifecycle.converge(delegated, { ...legacy, ...outputs }, server.context), {
    code: "database/password-refused",
  })
  await rm(server.places.folder, { recursive: true })
  await assert.rejects(async () => lifecycle.check?.(legacy, delegated, server.context), {
    code: "database/password-refused",
  })
})

test("the way back rests on a backup that is begun then, though the last one is a minute old; so does its next try", async (t) => {
  const { lifecycle, inputs, server, live } = await world(t)
  const delegated = { ...inputs, authentication: "delegated" } as const
  const first = await lifecycle.converge(delegated, { ...inputs }, server.context)
  const state = { ...delegated, newest: "whole" as const, ...first }
  live.isDelegated = true
  assert.equal((await lifecycle.read(state, server.context))?.newest, "whole")
  const { plan = [] } = (await lifecycle.check?.(inputs, delegated, server.context)) ?? {}
  assert.match(plan.join("\n"), /before anything is changed, backs up/)
  const second = await lifecycle.converge(inputs, state, server.context)
  assert.notEqual(second.backup, first.backup)
  // Synapse did not come up in legacy: it serves delegated again, and people use it.
  const failed = await lifecycle.read({ ...inputs, newest: "whole", ...second }, server.context)
  assert.equal(failed?.newest, "outdated")
  const { plan: again = [] } = (await lifecycle.check?.(inputs, failed, server.context)) ?? {}
  assert.match(again.join("\n"), /before anything is changed, backs up/)
  const third = await lifecycle.converge(inputs, failed, server.context)
  assert.notEqual(third.backup, second.backup)
  live.isDelegated = false
  assert.equal((await lifecycle.read({ ...inputs, newest: "whole", ...third }, server.context))?.newest, "whole")
})

test("a first run in legacy takes a new one: it may be the way back of a server that is delegated already", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const first = await lifecycle.converge(inputs, undefined, server.context)
  assert.notEqual((await lifecycle.converge(inputs, undefined, server.context)).backup, first.backup)
})

test("at a cutover preview tells of the backup right before Synapse stops, whether or not the last one is young", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const delegated = { ...inputs, authentication: "delegated" } as const
  const planned = async () => ((await lifecycle.check?.(delegated, inputs, server.context))?.plan ?? []).join("\n")
  assert.match(await planned(), /before anything is changed, backs up [\s\S]*\nonce more right before Synapse stops/)
  await lifecycle.converge(inputs, undefined, server.context)
  assert.match(await planned(), /^right before Synapse stops, backs up Synapse's database/)
})

test("when the resource goes, the backups stay", async (t) => {
  const { lifecycle, inputs, server } = await world(t)
  const outputs = await lifecycle.converge(inputs, undefined, server.context)
  await lifecycle.remove({ ...inputs, ...outputs }, server.context)
  assert.ok((await readdir(server.places.folder)).includes(outputs.backup))
})

async function world(t: TestContext) {
  const server = await someServer(t)
  const inputs = inputsOf(server)
  const live = { isDelegated: false }
  const locate = async (_: unknown, { rules }: BackupInputs): Promise<BackupPlaces> => ({ ...server.places, rules })
  return { server, inputs, lifecycle: backupLifecycle({ locate, isDelegated: async () => live.isDelegated }), live }
}

function inputsOf({ places }: SomeServer): BackupInputs {
  const { services, folder, stateFolder, rules } = places
  return {
    host: { kind: "local" },
    authentication: "legacy",
    server: {
      synapse: { service: services.synapse.service, homeserverYaml: services.synapse.config },
      mas: services.mas,
      databases: {},
      programs: {},
    },
    folder,
    stateFolder,
    rules,
    youngerThanSeconds: 3600,
  }
}
