import assert from "node:assert/strict"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { inspectService } from "../../../components/host/inspection.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { containerPathOf, hostPathOf, mountsFileItself } from "../../../components/host/mounted-paths.ts"
import { restartService, runInService, startService, stopService } from "../../../components/host/service.ts"
import type { ServiceAddress } from "../../../components/host/service-address.ts"
import { lastLogs, logsSince } from "../../../components/host/service-log.ts"
import { refusal, temporaryFolder } from "../../unit/host/scenery.ts"
import { createNetwork, docker, idle, startContainer, tinyImage, uniqueName } from "./containers.ts"

const image = await tinyImage()

test("a running container is described by its state, image, networks, mounts and user, and no value of its environment", async (t) => {
  const [network, other] = [await createNetwork(t), await createNetwork(t)]
  const folder = await temporaryFolder(t)
  const words = [
    "--network",
    network,
    "--user",
    "991:991",
    "--env",
    "MAS_SECRET=hush-hush",
    "--volume",
    `${folder}:/data:ro`,
  ]
  const name = await startContainer(t, image, { words, argv: idle })
  await docker("network", "connect", other, name)
  const inspection = await inspectService(host, { name: "mas", container: name })
  assert.deepEqual(
    [inspection.container, inspection.status, inspection.isRunning, inspection.health, inspection.user],
    [name, "running", true, "none", "991:991"],
  )
  assert.ok(inspection.startedAt && Math.abs(Date.now() - inspection.startedAt.getTime()) < 60_000)
  assert.equal(inspection.image.reference, image)
  assert.match(inspection.image.id, /^sha256:[0-9a-f]{64}$/)
  assert.deepEqual(inspection.networks.map((one) => one.name).sort(), [network, other].sort())
  for (const { address } of inspection.networks) assert.match(address ?? "", /^\d+\.\d+\.\d+\.\d+$/)
  assert.deepEqual(inspection.mounts, [{ kind: "bind", source: folder, target: "/data", isWritable: false }])
  assert.ok(inspection.environmentNames.includes("MAS_SECRET") && inspection.environmentNames.includes("IMAGE_SAYS"))
  assert.ok(!JSON.stringify(inspection).includes("hush-hush"))
})

test("a container that has ended tells its exit code, and one that never ran tells that", async (t) => {
  const ended = await startContainer(t, image, { argv: ["/bin/sh", "-c", "exit 42"] })
  await docker("wait", ended)
  const { status, isRunning, exitCode } = await inspectService(host, { name: ended })
  assert.deepEqual([status, isRunning, exitCode], ["exited", false, 42])
  const created = uniqueName()
  t.after(() => docker("rm", created))
  await docker("create", "--name", created, image, "/bin/sh")
  const fresh = await inspectService(host, { name: created })
  assert.deepEqual([fresh.status, fresh.startedAt, fresh.networks[0]?.address], ["created", undefined, undefined])
})

test("a service is stopped, started and restarted, and doing so twice is no mistake", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const status = async () => (await inspectService(host, service)).status
  for (const [act, expected] of [
    [stopService, "exited"],
    [stopService, "exited"],
    [startService, "running"],
    [startService, "running"],
  ] as const) {
    await act(host, service)
    assert.equal(await status(), expected)
  }
  const { startedAt } = await inspectService(host, service)
  await restartService(host, service)
  const again = await inspectService(host, service)
  assert.ok(again.startedAt && startedAt && again.startedAt > startedAt)
})

test("a program runs inside the service with its input, and its exit code comes back", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const finished = await runInService(host, service, ["sh", "-c", 'cat; echo "$1" >&2; exit 7', "sh", "a  b"], {
    stdin: "hi",
  })
  assert.deepEqual(finished, { exitCode: 7, stdout: "hi", stderr: "a  b\n" })
})

test("a program that complains as docker would is not taken for docker", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const script = "echo 'Error: No such container: x is not running' >&2; exit 2"
  assert.equal((await runInService(host, service, ["sh", "-c", script])).exitCode, 2)
})

test("running something in a stopped service is refused with what to do", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  await stopService(host, service)
  const { next } = await refusal(runInService(host, service, ["id"]), "docker/container-not-running")
  assert.match(next, new RegExp(`docker start ${service.name}`))
})

test("each command of a service can be another program's", async (t) => {
  const folder = await temporaryFolder(t)
  const log = join(folder, "log")
  const note = (word: string) => ["sh", "-c", `echo ${word} >>"$1"`, "sh", log] as const
  const service: ServiceAddress = {
    name: "mas",
    commands: {
      start: note("start"),
      stop: note("stop"),
      restart: note("restart"),
      cli: ["env", "VIA=cli"],
      logs: ["sh", "-c", 'echo "since $1"; cat "$2"', "sh", "{since}", log],
    },
  }
  await startService(host, service)
  await stopService(host, service)
  await restartService(host, service)
  const since = new Date("2026-11-23T20:15:00Z")
  const lines = (await logsSince(host, service, since)).map(({ text }) => text)
  assert.deepEqual(lines, ["since 2026-11-23T20:15:00.000Z", "start", "stop", "restart"])
  const { stdout } = await runInService(host, service, ["sh", "-c", 'echo "$VIA"; cat'], { stdin: "in" })
  assert.equal(stdout, "cli\nin")
  const failing = { ...service, commands: { start: ["sh", "-c", "echo no unit >&2; exit 5"] as const } }
  const { message } = await refusal(startService(host, failing), "docker/command-failed")
  assert.match(message, /exit code 5\): no unit/)
})

test("the log since a moment has the lines of both streams in the order of their times, and none before", async (t) => {
  const script = "echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three"
  const service = { name: await startContainer(t, image, { argv: ["/bin/sh", "-c", `${script}; ${idle[2]}`] }) }
  let lines = await logsSince(host, service, new Date(0))
  for (let looks = 0; lines.length < 3 && looks < 200; looks++) lines = await logsSince(host, service, new Date(0))
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["one", "two", "three"],
  )
  const afterFirst = new Date((lines[0]?.at?.getTime() ?? 0) + 5)
  assert.deepEqual(
    (await logsSince(host, service, afterFirst)).map(({ text }) => text),
    ["two", "three"],
  )
  assert.deepEqual(
    (await lastLogs(host, service, 2)).map(({ text }) => text),
    ["two", "three"],
  )
})

test("a missing container is refused, with the names of those that look alike", async (t) => {
  const name = await startContainer(t, image, { argv: idle })
  const typo = `${name.slice(0, -1)}x`
  for (const work of [inspectService, startService, stopService, restartService]) {
    const { next } = await refusal(work(host, { name: "mas", container: typo }), "docker/container-missing")
    assert.ok(next.includes(name), next)
  }
  await refusal(runInService(host, { name: typo }, ["id"]), "docker/container-missing")
  await refusal(logsSince(host, { name: typo }, new Date(0)), "docker/container-missing")
  const inCompose = await refusal(inspectService(host, { name: name.slice(0, -2) }), "docker/container-missing")
  assert.ok(inCompose.next.includes(name))
})

test("docker that is not installed, not running, or closed to us is told apart", async (t) => {
  const folder = await temporaryFolder(t)
  const at = (socket: string) => ["docker", "--host", `unix://${join(folder, socket)}`] as const
  await refusal(inspectService(host, { name: "mas", engine: ["docker-is-not-here"] }), "docker/not-installed")
  await refusal(inspectService(host, { name: "mas", engine: at("absent.sock") }), "docker/not-running")
  await refusal(startService(host, { name: "mas", engine: at("absent.sock") }), "docker/not-running")
  const closed = createServer().listen(join(folder, "closed.sock"))
  t.after(() => closed.close())
  await chmod(join(folder, "closed.sock"), 0o000)
  const asNobody = process.getuid?.() === 0 ? (["setpriv", "--reuid=65534", "--clear-groups"] as const) : []
  const [first = "docker", ...rest] = [...asNobody, ...at("closed.sock")]
  await refusal(inspectService(host, { name: "mas", engine: [first, ...rest] }), "docker/no-permission")
})

test("paths of a container and of the host are told from each other through its mounts", async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, "data"))
  await writeFile(join(folder, "config.yaml"), "")
  const mounts = [`${folder}/data:/data`, `${folder}/config.yaml:/data/config.yaml:ro`]
  const words = mounts.flatMap((mount) => ["--volume", mount])
  const inspection = await inspectService(host, { name: await startContainer(t, image, { words, argv: idle }) })
  const pairs = [
    ["/data", `${folder}/data`],
    ["/data/media/x", `${folder}/data/media/x`],
    ["/data/config.yaml", `${folder}/config.yaml`],
  ] as const
  for (const [inside, outside] of pairs) {
    assert.equal(hostPathOf(inspection, inside), outside)
    assert.equal(await containerPathOf(host, inspection, outside), inside)
  }
  assert.equal(hostPathOf(inspection, "/database"), undefined)
  assert.equal(await containerPathOf(host, inspection, `${folder}/data2`), undefined)
  assert.equal(await mountsFileItself(host, inspection, `${folder}/config.yaml`), true)
  assert.equal(await mountsFileItself(host, inspection, `${folder}/data/homeserver.yaml`), false)
})

test("a file that is mounted by itself is seen anew by its container only after a restart", async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, "config.yaml")
  await writeFile(path, "before")
  const service = { name: await startContainer(t, image, { words: ["--volume", `${path}:/config.yaml`], argv: idle }) }
  const seen = async () => (await runInService(host, service, ["cat", "/config.yaml"])).stdout
  await host.replace(path, { before: "before", after: "after" })
  assert.equal(await seen(), "before")
  await restartService(host, service)
  assert.equal(await seen(), "after")
})
