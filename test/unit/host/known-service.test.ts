import assert from "node:assert/strict"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { askService } from "../../../components/host/ask-service.ts"
import type { Host } from "../../../components/host/host.ts"
import { forgetService, inspectService, knownService, remembering } from "../../../components/host/inspection.ts"
import { localHost } from "../../../components/host/local-host.ts"
import { restartService, startService, stopService } from "../../../components/host/service.ts"
import { hostWith } from "./engine-of-containers.ts"
import { refusal } from "./scenery.ts"

const service = { name: "synapse" }

/** How often the engine was asked for a container, in answer to the work. */
async function timesAsked(host: Host, asked: readonly unknown[], work: (host: Host) => Promise<unknown>) {
  const before = asked.length
  await work(host)
  return asked.length - before
}

function countingHost() {
  const asked: string[] = []
  const engine = hostWith([{ name: "synapse" }, { name: "mas" }])
  const exec: Host["exec"] = async (argv, options) => {
    if (["start", "stop", "restart", "systemctl"].includes(argv[1] ?? "") || argv[0] === "systemctl")
      return { exitCode: 0, stdout: "", stderr: "" }
    if (argv[2] === "inspect") asked.push(argv.join(" "))
    return engine.exec(argv, options)
  }
  return { asked, host: { ...engine, exec } as Host }
}

test("a host of one lifecycle call asks once for what a container is, and again for how it is now", async () => {
  const { asked, host } = countingHost()
  const own = remembering(host)
  const twice = (ask: typeof knownService) => async (on: Host) => [await ask(on, service), await ask(on, service)]
  assert.equal(await timesAsked(own, asked, twice(knownService)), 1)
  assert.equal(await timesAsked(own, asked, twice(inspectService)), 2)
  assert.equal(await timesAsked(own, asked, twice(knownService)), 0)
  assert.equal(await timesAsked(own, asked, (on) => knownService(on, { name: "mas" })), 1)
  assert.equal(await timesAsked(own, asked, (on) => knownService(on, { ...service, engine: ["docker"] })), 0)
  assert.equal(await timesAsked(remembering(host), asked, twice(knownService)), 1)
  assert.equal(await timesAsked(host, asked, twice(knownService)), 2)
})

test("what we do to a container is not remembered away, by its engine or by a command of its own", async () => {
  const { asked, host } = countingHost()
  const own = remembering(host)
  const commands = { start: ["systemctl", "start"], stop: ["systemctl", "stop"], restart: ["systemctl"] } as const
  for (const address of [service, { ...service, commands }]) {
    for (const steer of [startService, stopService, restartService]) {
      await knownService(own, address)
      await steer(own, address)
      assert.equal(await timesAsked(own, asked, (on) => knownService(on, address)), 1, steer.name)
    }
  }
  forgetService(own, service)
  assert.equal(await timesAsked(own, asked, (on) => knownService(on, service)), 1)
})

test("a service that somebody has started anew meanwhile is asked at the address that it has now, once", async (t) => {
  const server = createServer((_, answer) => answer.end("here")).listen(0, "127.0.0.1")
  t.after(() => server.close())
  const connected: string[] = []
  let address = "10.0.0.2"
  const { host } = countingHost()
  const exec: Host["exec"] = async (argv, options) => {
    const finished = await host.exec(argv, options)
    return { ...finished, stdout: finished.stdout.replaceAll("10.0.0.2", address) }
  }
  const connect: Host["connect"] = async (to) => {
    connected.push(to)
    // Nobody listens at the old one.
    return localHost.connect("127.0.0.1", to === "10.0.0.3" ? (server.address() as AddressInfo).port : 1)
  }
  const own = remembering({ ...host, exec, connect })
  const ask = () => askService(own, { service, endpoint: "http://synapse:8008/" }, { path: "/" })
  await knownService(own, service)
  await refusal(ask(), "http/unreachable")
  assert.deepEqual(connected.splice(0), ["10.0.0.2"])
  address = "10.0.0.3"
  assert.equal((await ask()).text, "here")
  assert.deepEqual(connected, ["10.0.0.2", "10.0.0.3"])
})
