import assert from "node:assert/strict"
import { before, test } from "node:test"
import * as pulumi from "@pulumi/pulumi"
import type { StagingStack as Stack } from "../../../components/staging/staging-stack.ts"

/** What the program declared, as the engine would have got it. */
interface Declared {
  readonly type: string
  readonly name: string
  readonly inputs: Record<string, unknown>
}

const declared: Declared[] = []
const ports = { matrix: 28008, auth: 28080, element: 28081 }
const folder = "/srv/lab"
let stack: Stack

before(async () => {
  await pulumi.runtime.setMocks({
    call: ({ inputs }) => inputs,
    newResource: ({ type, name, inputs }) => {
      declared.push({ type, name, inputs })
      return { id: `${name}-id`, state: { ...inputs, synapseUser: "991:991", masUser: "65532:65532" } }
    },
  })
  const { StagingStack } = await import("../../../components/staging/staging-stack.ts")
  const images = { mas: "my/mas:dev" }
  stack = new StagingStack("staging", { prefix: "lab-7", folder, serverName: "staging.test", ports, images })
  await settled(pulumi.all([stack.network, ...Object.values(stack.containers)]))
})

test("every container, volume and network bears the stack's own prefix", () => {
  const named = declared.filter(({ type }) => type.startsWith("docker:"))
  assert.equal(named.length, 6 + 2 + 1)
  for (const { inputs } of named) assert.match(String(inputs.name), /^lab-7(-|$)/)
})

test("nothing is published beyond the host's loopback", () => {
  const published = containers().flatMap(({ inputs }) => (inputs.ports ?? []) as { ip: string; external: number }[])
  assert.deepEqual(
    published.map(({ ip, external }) => [ip, external]).sort(),
    Object.values(ports).map((port) => ["127.0.0.1", port]),
  )
})

test("the stack is up when everything answers: each container by itself, MAS by way of the proxy", () => {
  const mas = container("staging-mas")
  assert.equal(mas.wait, undefined, "MAS's image has nothing to ask with")
  for (const { name, inputs } of containers().filter(({ name }) => name !== "staging-mas")) {
    const { tests } = inputs.healthcheck as { tests: string[] }
    assert.ok(tests.length > 1, name)
    assert.equal(inputs.wait, true, name)
  }
  const { tests } = container("staging-nginx").healthcheck as { tests: string[] }
  assert.match(tests.join(" "), /http:\/\/mas:8081\/health/)
})

test("no secret is handed to the engine: passwords stay in files", () => {
  const environments = containers().flatMap(({ inputs }) => (inputs.envs ?? []) as string[])
  assert.deepEqual(
    environments.filter((line) => /PASSWORD|SECRET/.test(line)),
    Array(2).fill("POSTGRES_PASSWORD_FILE=/run/postgres-secret/password"),
  )
  const scaffold = declared.find(({ type }) => type === "pulumi-nodejs:dynamic/staging:Scaffold")
  assert.deepEqual(
    Object.keys(scaffold?.inputs ?? {}).filter((key) => /password|secret|key/i.test(key)),
    [],
  )
})

test("files are mounted by their folder, so that a replaced one is seen; Element's is the exception", () => {
  const mounts = containers().flatMap(({ inputs }) => (inputs.volumes ?? []) as { hostPath?: string }[])
  const paths = mounts.flatMap(({ hostPath }) => hostPath ?? [])
  assert.ok(paths.every((path) => path.startsWith(`${folder}/`)))
  assert.deepEqual(
    paths.filter((path) => path.includes(".")),
    [`${folder}/element/config.json`],
  )
})

test("an image that is named is taken, and all others are the official ones by exact version", () => {
  const images = Object.fromEntries(containers().map(({ name, inputs }) => [name, String(inputs.image)]))
  assert.equal(images["staging-mas"], "my/mas:dev")
  for (const [name, image] of Object.entries(images)) assert.match(image, /:v?\d+\.\d|^my\/mas:dev$/, name)
})

test("Synapse and MAS are not started behind the cutover's back", () => {
  for (const name of ["staging-synapse", "staging-mas"]) {
    assert.equal(container(name).mustRun, false, name)
  }
})

function containers(): Declared[] {
  return declared.filter(({ type }) => type === "docker:index/container:Container")
}

function container(name: string): Record<string, unknown> {
  const found = containers().find((candidate) => candidate.name === name)
  assert.ok(found, name)
  return found.inputs
}

function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve))
}
