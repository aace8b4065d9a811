import assert from "node:assert/strict"
import { utimes, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type TestContext, test } from "node:test"
import { makeChange, planChange } from "../../../components/files/managed-file.ts"
import {
  lastStartedWith,
  lookWhatRuns,
  noteStart,
  sinceBefore,
  withOtherKeys,
  withTheFile,
} from "../../../components/files/running.ts"
import { isStopped, lookWhatIsServed, standsStill } from "../../../components/files/served.ts"
import type { ServiceAddress } from "../../../components/host/service-address.ts"
import { host, testFile } from "./scenery.ts"

const on = [{ path: "lamp.on", value: true }]

test("a hand that changes a key in the file has not changed what runs, and the service need not restart", async (t) => {
  const { file, service } = await lamp(t)
  await noteStart(host, service, file)
  await file.edit("on: true", "on: false")
  const { after } = await planChange(host, file, on)
  assert.equal(await lookWhatRuns(host, service, file, after), withTheFile)
  assert.equal(await lookWhatRuns(host, service, file), sinceBefore)
})

test("a service that somebody restarted with a changed key runs with other keys than the file is to have", async (t) => {
  const { file, service, become } = await lamp(t)
  await noteStart(host, service, file)
  await file.edit("on: true", "on: false")
  await utimes(file.path, new Date("2026-01-01"), new Date("2026-01-01"))
  await become({ startedAt: "2026-01-02T00:00:00.000Z" })
  const { after } = await planChange(host, file, on)
  assert.equal(await lookWhatRuns(host, service, file, after), withOtherKeys)
})

test("a service that stands still is what it was when it last served, whatever has become of its file", async (t) => {
  const { file, service, become } = await lamp(t)
  await noteStart(host, service, file)
  await become({ isRunning: false })
  await file.edit("on: true", "on: false")
  assert.ok(await lastStartedWith(host, service, file, ["lamp.on", true]))
  assert.ok(!(await lastStartedWith(host, service, file, ["lamp.on", false])))
  await become({ isRunning: false, startedAt: "2026-01-02T00:00:00.000Z" })
  assert.ok(!(await lastStartedWith(host, service, file, ["lamp.on", true])), "that start was not ours")
})

test("what a container that stands still would serve is drift, not out of reach", async (t) => {
  const { file, service, become } = await lamp(t)
  await become({ isRunning: false })
  const document = { file: file.path, url: "http://127.0.0.1:9/", service }
  assert.equal(await lookWhatIsServed(host, document), standsStill)
  assert.ok(await isStopped(host, service))
  await become({})
  await assert.rejects(lookWhatIsServed(host, document), { code: "http/unreachable" })
})

interface Container {
  readonly isRunning?: boolean
  readonly startedAt?: string
}

/** A file with a key of ours, and a service whose engine tells of its container what the test says. */
async function lamp(t: TestContext) {
  const file = await testFile(t, "lamp: {on: false}\n", "yaml12")
  await makeChange(host, file, await planChange(host, file, on))
  const described = join(dirname(file.path), "container.json")
  const become = async ({ isRunning = true, startedAt = "2026-01-01T12:00:00.000Z" }: Container) =>
    writeFile(described, JSON.stringify([inspected(isRunning, startedAt)]))
  await become({})
  const service: ServiceAddress = { name: "lamp", container: "lamp", engine: ["sh", "-c", `cat ${described}`] }
  return { file, service, become }
}

/** As `docker container inspect` prints it, as far as we read it. */
function inspected(isRunning: boolean, startedAt: string): object {
  return {
    ...{ Id: "1a", Name: "/lamp", Image: "sha256:1", Mounts: [] },
    State: { Status: isRunning ? "running" : "exited", Running: isRunning, ExitCode: 0, StartedAt: startedAt },
    Config: { Image: "lamp" },
    HostConfig: { NetworkMode: "bridge" },
    NetworkSettings: { Networks: {} },
  }
}
