import assert from "node:assert/strict"
import { test } from "node:test"
import { findDeploymentFacts } from "../../../components/migration/deployment-kinds.ts"
import { hostWith, type SomeContainer } from "../host/engine-of-containers.ts"

const synapse: SomeContainer = { name: "synapse", mounts: [["/srv/synapse", "/data"]] }
const mas: SomeContainer = {
  name: "mas",
  image: "mas",
  argv: ["mas-cli", "server"],
  environment: ["MAS_CONFIG=/mas/config.yaml"],
  mounts: [["/srv/mas", "/mas"]],
}
const places = {
  synapse: {
    service: { name: "synapse" },
    homeserverYaml: "/srv/synapse/homeserver.yaml",
    endpoint: "http://synapse:8008/",
  },
  mas: { service: { name: "mas" }, config: "/srv/mas/config.yaml" },
  homeserver: {},
}

async function found(more: { synapse?: Partial<SomeContainer>; mas?: Partial<SomeContainer> }) {
  const host = hostWith([
    { ...synapse, ...more.synapse },
    { ...mas, ...more.mas },
  ])
  const findings = await findDeploymentFacts(host, places)
  return Object.fromEntries(findings.map(({ kind, first }) => [kind.name, first]))
}

test("services that run as they should are found nothing of", async () => {
  assert.deepEqual(await found({}), {})
  assert.deepEqual(
    await found({ synapse: { argv: ["python", "-m", "synapse.app.homeserver", "-c", "/data/homeserver.yaml"] } }),
    {},
  )
})

test("a container that is gone once it is stopped is named, whichever service it is", async () => {
  assert.deepEqual(await found({ synapse: { isRemoved: true } }), { "removed-when-stopped": ["synapse"] })
  assert.deepEqual(await found({ mas: { isRemoved: true } }), { "removed-when-stopped": ["mas"] })
})

test("a MAS whose log nobody can read is named; Synapse's log is asked for by nobody", async () => {
  assert.deepEqual(await found({ mas: { logDriver: "none" } }), { "mas-log-unreadable": ["mas"] })
  assert.deepEqual(await found({ synapse: { logDriver: "none" } }), {})
})

const run = ["python", "-m", "synapse.app.homeserver"]
for (const [title, argv, others] of [
  ["-c twice", ["-c", "/data/homeserver.yaml", "-c", "/data/more.yaml"], ["/data/more.yaml"]],
  ["--config-path with =", ["--config-path=/data/homeserver.yaml", "--config-path=/data/conf.d"], ["/data/conf.d"]],
  ["--config-path apart", ["--config-path", "/data/conf.d/", "-c", "/data/homeserver.yaml"], ["/data/conf.d/"]],
  ["-c without a space", ["-c/data/homeserver.yaml", "-c/data/b.yaml"], ["/data/b.yaml"]],
  ["another file alone", ["-c", "/etc/other.yaml"], ["/etc/other.yaml"]],
] as const) {
  test(`further config files of Synapse are named: ${title}`, async () => {
    assert.deepEqual(await found({ synapse: { argv: [...run, ...argv] } }), {
      "several-config-files": others.map((file) => `synapse: ${file}`),
    })
  })
}

test("further config files of MAS are named, from its command and from its environment, which its command outdoes", async () => {
  const many = "MAS_CONFIG=/mas/config.yaml:/mas/more.yaml"
  assert.deepEqual(await found({ mas: { environment: [many] } }), { "several-config-files": ["mas: /mas/more.yaml"] })
  const argv = ["mas-cli", "--config", "/mas/config.yaml", "--config=/mas/b.yaml", "server"]
  assert.deepEqual(await found({ mas: { argv, environment: [many] } }), {
    "several-config-files": ["mas: /mas/b.yaml"],
  })
})

test("what MAS has from its environment is named without its value", async () => {
  const environment = ["MAS_CONFIG=/mas/config.yaml", "MAS_MATRIX_SECRET=hunter2", "PATH=/bin"]
  assert.deepEqual(await found({ mas: { environment } }), { "mas-environment": ["MAS_MATRIX_SECRET"] })
})
