import assert from "node:assert/strict"
import { test } from "node:test"
import { localHost as host } from "../../../components/host/local-host.ts"
import { demandStandstill, lastStartOf } from "../../../components/migration/standstill.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { docker, idle, startContainer, tinyImage } from "../host/containers.ts"

const image = await tinyImage()

test("a Synapse that stood still all the time is well, and so is one that is no container", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  await docker("stop", service.name)
  const since = await lastStartOf(host, service)
  assert.ok(since)
  await demandStandstill(host, service, since)
  const unit = { name: "synapse", commands: { start: ["true"] as const } }
  await demandStandstill(host, unit, await lastStartOf(host, unit))
})

test("a Synapse that was started meanwhile is refused, whether it still runs or was stopped again", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  await docker("stop", service.name)
  const since = await lastStartOf(host, service)
  await docker("start", service.name)
  await refusal(demandStandstill(host, service, since), "migration/evidence-does-not-hold")
  await docker("stop", service.name)
  const { message } = await refusal(demandStandstill(host, service, since), "migration/evidence-does-not-hold")
  assert.match(message, /was started in the window/)
})
