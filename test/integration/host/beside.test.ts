import assert from "node:assert/strict"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { BlockList } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { execa } from "execa"
import { type BesideRun, endBeside, isBesideRunning, runBeside } from "../../../components/host/beside.ts"
import type { Argv, Host } from "../../../components/host/host.ts"
import { localHost as host } from "../../../components/host/local-host.ts"
import { stopService } from "../../../components/host/service.ts"
import { refusal, startProgram, temporaryFolder } from "../../unit/host/scenery.ts"
import { createNetwork, docker, idle, startContainer, tinyImage, uniqueName } from "./containers.ts"

const image = await tinyImage()

/** A one-shot run of a shell script, under a name of its own. */
function running(script: string, more: Partial<BesideRun> = {}): BesideRun {
  return { name: uniqueName(), argv: ["/bin/sh", "-c", script], ...more }
}

test("a program beside the service has its exit code, output and input, and leaves no container", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const run = running('cat; echo "$1" >&2; exit 9', { stdin: "line\n".repeat(50_000) })
  const finished = await runBeside(host, service, { ...run, argv: [...run.argv, "sh", "a  b"] as unknown as Argv })
  assert.deepEqual(finished, { exitCode: 9, stdout: run.stdin, stderr: "a  b\n" })
  assert.equal(await docker("ps", "--all", "--quiet", "--filter", `name=${run.name}`), "")
})

test("it has the service's user, folder, environment, mounts, networks and host names", async (t) => {
  const [network, other] = [await createNetwork(t), await createNetwork(t)]
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, "config.yaml"), "of the service")
  const words = [
    ...["--network", network, "--user", "991:992", "--workdir", "/data", "--add-host", "matrix.test:10.1.2.3"],
    ...[
      "--volume",
      `${folder}:/data`,
      "--env",
      "ODD= a=b #c 'd' $e",
      "--env",
      "EMPTY=",
      "--env",
      "DOCKER_HOST=tcp://x:1",
    ],
  ]
  const service = { name: await startContainer(t, image, { words, argv: idle }) }
  await docker("network", "connect", other, service.name)
  const { stdout } = await runBeside(host, service, running(`id; pwd; env; cat config.yaml; echo; cat /etc/hosts`))
  for (const line of ["/data", "ODD= a=b #c 'd' $e", "EMPTY=", "DOCKER_HOST=tcp://x:1", "IMAGE_SAYS=hello"]) {
    assert.ok(stdout.split("\n").includes(line), `${line} in:\n${stdout}`)
  }
  assert.match(stdout, /^uid=991 gid=992/m)
  assert.match(stdout, /of the service/)
  assert.match(stdout, /^10\.1\.2\.3\s+matrix\.test$/m)
  const addresses = stdout.match(/^\d+\.\d+\.\d+\.\d+/gm) ?? []
  for (const name of [network, other]) {
    const subnet = await docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name)
    assert.ok(
      addresses.some((address) => isIn(subnet, address)),
      `${subnet} in:\n${stdout}`,
    )
  }
})

function isIn(subnet: string, address: string): boolean {
  const [base = "", bits] = subnet.split("/")
  const list = new BlockList()
  list.addSubnet(base, Number(bits))
  return list.check(address)
}

test("files of the host can be added, read-only unless said otherwise, and win over what the service has there", async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, "frozen, copy"), "frozen")
  await writeFile(join(folder, "theirs"), "theirs")
  await writeFile(join(folder, "out"), "")
  const words = ["--volume", `${folder}/theirs:/homeserver.yaml`]
  const service = { name: await startContainer(t, image, { words, argv: idle }) }
  const mounts = [
    { source: join(folder, "frozen, copy"), target: "/homeserver.yaml" },
    { source: join(folder, "out"), target: "/out", isWritable: true },
  ]
  const script = "cat /homeserver.yaml; echo written >/out; echo changed >/homeserver.yaml"
  const { stdout, exitCode } = await runBeside(host, service, running(script, { mounts }))
  assert.deepEqual([stdout, exitCode === 0], ["frozen", false])
  assert.equal(await readFile(join(folder, "out"), "utf8"), "written\n")
  assert.equal(await readFile(join(folder, "frozen, copy"), "utf8"), "frozen")
})

test("it runs beside a stopped service as beside a running one, and changes neither it nor its anonymous volumes", async (t) => {
  const service = { name: await startContainer(t, image, { words: ["--volume", "/state"], argv: idle }) }
  await runBeside(host, service, running("echo kept >/state/file"))
  await stopService(host, service)
  assert.equal((await runBeside(host, service, running("cat /state/file"))).stdout, "kept\n")
  assert.equal(await docker("inspect", "--format", "{{.State.Status}}", service.name), "exited")
})

test("no value of the environment is ever in an argument, where the process list would show it", async (t) => {
  const words = ["--env", "MAS_SECRET=hush-hush"]
  const service = { name: await startContainer(t, image, { words, argv: idle }) }
  const lines: string[] = []
  const listening: Host = {
    ...host,
    exec(argv, options) {
      lines.push(argv.join(" "))
      return host.exec(argv, options)
    },
  }
  const { stdout } = await runBeside(listening, service, running('echo "$MAS_SECRET"'))
  assert.equal(stdout, "hush-hush\n")
  assert.ok(lines.length > 2)
  assert.deepEqual(
    lines.filter((line) => line.includes("hush-hush")),
    [],
  )
})

test("an environment that cannot be handed over is refused by the variable's name, not its value", async (t) => {
  const words = ["--env", "KEY=-----BEGIN-----\nhush\n-----END-----"]
  const service = { name: await startContainer(t, image, { words, argv: idle }) }
  const { message } = await refusal(runBeside(host, service, running("true")), "docker/environment-not-portable")
  assert.match(message, /KEY/)
  assert.doesNotMatch(message, /hush/)
})

test("a program that takes too long is ended with its container", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const run = running("trap '' TERM; sleep 600", { timeoutSeconds: 1 })
  await refusal(runBeside(host, service, run), "host/command-timed-out")
  assert.equal(await docker("ps", "--all", "--quiet", "--filter", `name=${run.name}`), "")
})

test("what a killed run left at work is found by its name, refuses a second, and can be ended", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const run = running("echo second")
  t.after(() => execa("docker", ["rm", "--force", run.name], { reject: false }))
  const program = startProgram(t, "runs-beside-and-waits", [service.name, run.name])
  while (!(await isBesideRunning(host, service, run.name))) assert.equal(program.process.exitCode, null)
  program.process.kill("SIGKILL")
  await program.end()
  assert.equal(await isBesideRunning(host, service, run.name), true)
  const { message } = await refusal(runBeside(host, service, run), "docker/beside-busy")
  assert.match(message, new RegExp(run.name))
  assert.equal(await endBeside(host, service, run.name), true)
  assert.equal(await endBeside(host, service, run.name), false)
  assert.equal((await runBeside(host, service, run)).stdout, "second\n")
})

test("one that was made and never ran is only in the way, and is cleared", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const run = running("echo ran")
  await docker("create", "--name", run.name, image, "/bin/sh")
  assert.equal((await runBeside(host, service, run)).stdout, "ran\n")
})

test("a program that the image does not have, and a missing mount, are told as what they are, and leave nothing", async (t) => {
  const service = { name: await startContainer(t, image, { argv: idle }) }
  const absent: BesideRun = { name: uniqueName(), argv: ["/no-such-program"] }
  const finished = await runBeside(host, service, absent)
  assert.notEqual(finished.exitCode, 0)
  assert.match(finished.stderr, /no-such-program/)
  const folder = await temporaryFolder(t)
  const unmounted = running("true", { mounts: [{ source: join(folder, "absent"), target: "/x" }] })
  const { message } = await refusal(runBeside(host, service, unmounted), "docker/command-failed")
  assert.match(message, /absent/)
  for (const { name } of [absent, unmounted]) {
    assert.equal(await docker("ps", "--all", "--quiet", "--filter", `name=${name}`), "")
  }
  assert.deepEqual(await readdir(folder), [])
})
