import { localHost } from "../../../../components/host/local-host.ts"
import { runMasCli } from "../../../../components/mas/mas-cli.ts"
import type { Server } from "../lab/server.ts"
import type { Mutator, Named } from "./mutator.ts"

/** As somebody types it after an edit of MAS's config. */
export async function sync({ lab }: Server): Promise<void> {
  const { container, config } = lab.places.mas
  const mas = { service: { name: "mas", container }, config }
  const { exitCode, stderr } = await runMasCli(localHost, mas, { purpose: "by-hand", argv: ["config", "sync"] })
  if (exitCode !== 0) throw new Error(stderr)
}

function refused(server: Server, live = "MAS refuses the secret"): Named {
  const key = `clients[client_id=${server.clientId("admin_panel")}].client_secret`
  return { where: server.files.mas, key, live, wanted: "MAS takes the secret" }
}

function inRow(name: string, value: string, live?: string): Mutator {
  return {
    name,
    kind: "client secret no longer works",
    touches: ["rows/admin_panel"],
    mutate: async (server) => {
      const set = `UPDATE oauth2_clients SET encrypted_client_secret = ${value}`
      await server.sql(`${set} WHERE oauth2_client_id = '${server.clientUuid("admin_panel")}'`)
    },
    names: (server) => [refused(server, live)],
  }
}

/** Hands on the secret of a client, so that MAS no longer takes the declared one. */
export const onClientSecrets: readonly Mutator[] = [
  inRow(
    "another secret lies in MAS's database for a client",
    "(SELECT encrypted_client_secret FROM upstream_oauth_providers LIMIT 1)",
  ),
  inRow(
    "a client's secret is emptied in MAS's database",
    "NULL",
    "MAS cannot tell whether the secret is right (HTTP 500)",
  ),
  {
    name: "a client's secret is exchanged in MAS's config, and synced",
    kind: "client secret no longer works",
    touches: ["mas", "rows"],
    mutate: async (server) => {
      const entry = new RegExp(
        `(- client_id: ${server.clientId("admin_panel")}\\n(?: {2}.*\\n)*? {2}client_secret: ).*`,
      )
      await server.edit("mas", (text) => text.replace(entry, `$1${server.newSecret()}`))
      await sync(server)
    },
    names: (server) => [refused(server)],
  },
]

const ofSynapse = "matrix_authentication_service.secret"
const wrongAtSynapse = { key: ofSynapse, live: "(another than MAS's)", wanted: "(as MAS has it)" }
const wrongAtMas = { key: "matrix.secret", live: "(another than the one that was set)", wanted: "(set)" }

const changedAtSynapse = (server: Server) =>
  server.edit("homeserver", (text) => text.replace(/( {2}secret: ).*/, `$1${server.newSecret()}`))
const changedAtMas = (server: Server) =>
  server.edit("mas", (text) => text.replace(/(matrix:\n(?: {2}.*\n)*? {2}secret: ).*/, `$1${server.newSecret()}`))

/** Hands on the secret that Synapse and MAS share. */
export const onSharedSecret: readonly Mutator[] = [
  {
    name: "homeserver.yaml has another secret than MAS",
    kind: "shared secret differs",
    touches: ["homeserver/block/secret"],
    mutate: changedAtSynapse,
    names: (server) => [{ where: server.files.homeserver, ...wrongAtSynapse }],
  },
  {
    name: "MAS has another secret than homeserver.yaml",
    kind: "shared secret differs",
    touches: ["mas/matrix/secret"],
    mutate: changedAtMas,
    names: (server) => [{ where: server.files.mas, ...wrongAtMas }],
  },
  {
    name: "both have another secret, each its own",
    kind: "shared secret differs",
    touches: ["homeserver/block/secret", "mas/matrix/secret"],
    mutate: async (server) => {
      await changedAtSynapse(server)
      await changedAtMas(server)
    },
    names: (server) => [
      { where: server.files.homeserver, ...wrongAtSynapse },
      { where: server.files.mas, ...wrongAtMas },
    ],
  },
  {
    name: "the shared secret is taken out of homeserver.yaml",
    kind: "shared secret differs",
    touches: ["homeserver/block/secret"],
    mutate: (server) => server.edit("homeserver", (text) => text.replace(/ {2}secret: .*\n/, "")),
    names: (server) => [{ where: server.files.homeserver, ...wrongAtSynapse, live: "(absent)" }],
    leaves: [{ file: "synapse/homeserver.yaml", how: "moved" }],
  },
]
