import assert from "node:assert/strict"
import { test } from "node:test"
import { waitUntilHealthy } from "../../../components/host/health.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { runInService } from "../../../components/host/service.ts"
import { createProgress, type ProgressEvent } from "../../../components/report/progress.ts"
import { refusal } from "../../unit/host/scenery.ts"
import { idle, startContainer, tinyImage } from "./containers.ts"

const image = await tinyImage()
const checkingFile = ["--health-cmd", "/bin/cat /tmp/healthy", "--health-interval", "1s", "--health-retries", "2"]

test("waiting ends when the container's own health check passes, and says meanwhile what it waits for", async (t) => {
  const service = { name: await startContainer(t, image, { words: checkingFile, argv: idle }) }
  const events: ProgressEvent[] = []
  const progress = createProgress((event) => {
    events.push(event)
    if (events.length === 2) void runInService(host, service, ["touch", "/tmp/healthy"])
  })
  await waitUntilHealthy(host, service, { limitSeconds: 60, progress })
  assert.ok(events.length >= 2)
  for (const event of events) {
    assert.ok(event.kind === "waiting" && event.limitSeconds === 60 && event.text.includes(service.name))
  }
})

test("an unhealthy container is given up at the limit, with its last log lines and without its secrets", async (t) => {
  const words = [...checkingFile, "--env", "POSTGRES_PASSWORD=hush-hush"]
  const say = "echo started with hush-hush; echo 'so is hush-hush' >&2"
  const service = { name: await startContainer(t, image, { words, argv: ["/bin/sh", "-c", `${say}; ${idle[2]}`] }) }
  const waiting = waitUntilHealthy(host, service, { limitSeconds: 3 })
  const { message } = await refusal(waiting, "docker/container-unhealthy")
  assert.match(message, /started with \[secret\]/)
  assert.match(message, /so is \[secret\]/)
  assert.doesNotMatch(message, /hush-hush/)
})

test("a container that has ended is not waited for", async (t) => {
  const argv = ["/bin/sh", "-c", "echo 'config.yaml: no such key'; exit 3"]
  const service = { name: await startContainer(t, image, { argv }) }
  const { message } = await refusal(
    waitUntilHealthy(host, service, { limitSeconds: 60 }),
    "docker/container-not-running",
  )
  assert.match(message, /exit code 3/)
  assert.match(message, /no such key/)
})

test("a container that the engine starts over and over is given up soon, with why it ends", async (t) => {
  const words = ["--restart", "always"]
  const script = "sleep 0.2; echo 'no such module' >&2; exit 4"
  const service = { name: await startContainer(t, image, { words, argv: ["/bin/sh", "-c", script] }) }
  const answers = async () => false
  const waiting = waitUntilHealthy(host, service, { limitSeconds: 300, probe: answers })
  const { message } = await refusal(waiting, "docker/container-not-running")
  assert.match(message, /ended \d+ times, at last with exit code 4/)
  assert.match(message, /no such module/)
})

test("a container that ends a few times before it stays up is waited for", async (t) => {
  const words = ["--restart", "always"]
  const thirdTime = `set -- $(cat /tmp/starts 2>/dev/null); echo . >>/tmp/starts; [ $# -ge 2 ] || exit 1; ${idle[2]}`
  const service = { name: await startContainer(t, image, { words, argv: ["/bin/sh", "-c", thirdTime] }) }
  const isThere = async () => (await runInService(host, service, ["cat", "/tmp/starts"])).stdout === ".\n.\n.\n"
  await waitUntilHealthy(host, service, { limitSeconds: 60, probe: isThere })
})

test("a probe decides where it is given, and its last complaint is shown when it never says yes", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  let asked = 0
  await waitUntilHealthy(host, service, {
    limitSeconds: 30,
    async probe() {
      asked += 1
      if (asked === 1) throw new Error("connection refused")
      return asked === 3
    },
  })
  assert.equal(asked, 3)
  const complaining = async () => {
    throw new Error("it answers 503")
  }
  const waiting = waitUntilHealthy(host, service, { limitSeconds: 1, probe: complaining })
  const { what } = await refusal(waiting, "docker/container-unhealthy")
  assert.match(what, /it answers 503/)
})

test("a service that is no container is healthy when its probe says so", async () => {
  const service = { name: "no-such-container-at-all", commands: { start: ["true"] as const } }
  await waitUntilHealthy(host, service, { limitSeconds: 1, probe: async () => true })
  await refusal(waitUntilHealthy(host, { name: service.name }, { limitSeconds: 1 }), "docker/container-missing")
})
