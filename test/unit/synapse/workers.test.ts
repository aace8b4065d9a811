import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { findWorkers, workersInConfig } from "../../../components/synapse/workers.ts"
import { hostWith, type SomeContainer } from "../host/engine-of-containers.ts"
import { propertyRuns } from "../property-runs.ts"

const synapse = { service: { name: "synapse" }, homeserverYaml: "/srv/synapse/homeserver.yaml" }
const main: SomeContainer = { name: "synapse", mounts: [["/srv/synapse", "/data"]] }
const find = (others: readonly SomeContainer[], processes?: readonly string[], own = main) =>
  findWorkers(hostWith([own, ...others], processes), synapse, {}, [{ name: "mas" }])

const streams = ["events", "typing", "to_device", "account_data", "receipts", "presence", "push_rules", "device_lists"]
const duties = [
  ...["run_background_tasks_on", "notify_appservices_from_worker", "update_user_directory_from_worker"],
  ...["media_instance_running_background_jobs", "federation_sender_instances", "pusher_instances"],
  ...["outbound_federation_restricted_to", "worker_app", "worker_name"],
]
const worker = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/).filter((name) => name !== "main" && name !== "master")
const oneOrMany = (name: fc.Arbitrary<string>) => fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 }))

test("whatever key of homeserver.yaml names another process than the main one, it is found", () => {
  const address = fc.constant({ host: "synapse", port: 9093 })
  const naming = fc.oneof(
    fc.record({ key: fc.constant("instance_map"), value: fc.dictionary(worker, address, { minKeys: 1 }) }),
    fc.record({
      key: fc.constant("stream_writers"),
      value: fc.tuple(fc.constantFrom(...streams), oneOrMany(worker)).map(([stream, names]) => ({ [stream]: names })),
    }),
    fc.record({ key: fc.constantFrom(...duties), value: oneOrMany(worker) }),
  )
  fc.assert(
    fc.property(naming, ({ key, value }) => {
      assert.deepEqual(workersInConfig({ server_name: "ex.test", [key]: value }), [key])
    }),
    { numRuns: propertyRuns(200) },
  )
})

test("a config of one process is none of workers, though it may name the main one everywhere", () => {
  const nobody = fc.constantFrom(undefined, null, "", "main", ["main"], [])
  const config = fc.record({
    instance_map: fc.constantFrom(undefined, null, {}, { main: { host: "localhost", port: 9093 } }),
    stream_writers: fc.constantFrom(undefined, null, {}, { events: "main" }, { events: ["main"], typing: "main" }),
    ...Object.fromEntries(duties.map((key) => [key, nobody])),
    redis: fc.constantFrom(undefined, { enabled: true }),
  })
  fc.assert(
    fc.property(config, (homeserver) => {
      assert.deepEqual(workersInConfig(homeserver), [])
    }),
  )
})

const workersOfAllKinds: readonly (readonly [title: string, one: SomeContainer])[] = [
  ["of the same image, on the same folder", { name: "w", mounts: [["/srv/synapse", "/data"]] }],
  ["of the same image, on a folder above", { name: "w", mounts: [["/srv", "/srv"]] }],
  ["of the same image, on the folder by a link", { name: "w", mounts: [["/link/synapse", "/data"]] }],
  [
    "of another image, on the very file",
    { name: "w", image: "own", mounts: [["/srv/synapse/homeserver.yaml", "/h.yaml"]] },
  ],
  [
    "of another image, by its environment",
    {
      name: "w",
      image: "own",
      environment: ["SYNAPSE_WORKER=synapse.app.generic_worker"],
      mounts: [["/srv/synapse", "/data"]],
    },
  ],
  [
    "of another image, by its program",
    {
      name: "w",
      image: "own",
      argv: ["python", "-m", "synapse.app.generic_worker"],
      mounts: [["/srv/synapse", "/data"]],
    },
  ],
  ["that is being started over and over", { name: "w", status: "restarting", mounts: [["/srv/synapse", "/data"]] }],
]
for (const [title, one] of workersOfAllKinds) {
  test(`a container ${title} is a worker`, async () => {
    assert.deepEqual(await find([one]), ["container w"])
  })
}

const noWorkers: readonly (readonly [title: string, one: SomeContainer])[] = [
  [
    "that backs up the folder",
    { name: "b", image: "restic", argv: ["restic", "backup"], mounts: [["/srv/synapse", "/data"]] },
  ],
  ["of another server's Synapse", { name: "b", mounts: [["/srv/other", "/data"]] }],
  ["that was ended", { name: "b", status: "exited", mounts: [["/srv/synapse", "/data"]] }],
  ["of ours", { name: "synapse-matrix-auth-validate", mounts: [["/srv/synapse", "/data"]] }],
  [
    "of MAS, which reads the file for syn2mas",
    { name: "mas", image: "mas", mounts: [["/srv/synapse/homeserver.yaml", "/h.yaml"]] },
  ],
]
for (const [title, one] of noWorkers) {
  test(`a container ${title} is none`, async () => {
    assert.deepEqual(await find([one]), [])
  })
}

test("workers within Synapse's own container are seen by its processes, and on the host by the file that they name", async () => {
  const inside = { ...main, processes: ["17 python -m synapse.app.generic_worker --config-path=/conf/workers/w.yaml"] }
  assert.deepEqual(await find([], [], inside), ["process 17 (synapse.app.generic_worker)"])
  const units = [
    "41 python -m synapse.app.homeserver -c /srv/synapse/homeserver.yaml",
    "42 python -m synapse.app.federation_sender -c /srv/synapse/homeserver.yaml -c w.yaml",
    "43 python -m synapse.app.generic_worker -c /srv/another/homeserver.yaml",
  ]
  assert.deepEqual(await find([], units), ["process 42 (synapse.app.federation_sender)"])
  assert.deepEqual(await find([], [], { ...main, argv: ["/configure_workers_and_start.py"] }), [
    "container synapse itself",
  ])
})

test("where commands start, stop and restart all there is, nobody looks", async () => {
  const commands = { start: ["true"], stop: ["true"], restart: ["true"] } as const
  const own = { ...synapse, service: { name: "synapse", commands } }
  assert.deepEqual(await findWorkers(hostWith([]), own, { instance_map: { w: {} } }), [])
  const half = { ...synapse, service: { name: "synapse", commands: { restart: ["true"] } as const } }
  assert.deepEqual(await findWorkers(hostWith([main]), half, { instance_map: { w: {} } }), ["instance_map"])
})
