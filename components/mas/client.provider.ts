import { absent, type JsonValue } from "../documents/json-value.ts"
import { isInUse } from "../files/in-use.ts"
import type { WebService } from "../host/ask-service.ts"
import { openDatabase } from "../host/database.ts"
import type { Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { readServiceFile } from "../host/service-file.ts"
import type { Context, HostedInputs, Lifecycle } from "../lifecycle/lifecycle.ts"
import { entryOf, type Fields, readClientEntries } from "./client-file.ts"
import { parseClientId } from "./client-id.ts"
import { trySecret } from "./client-proof.ts"
import { commitClient } from "./client-registry.ts"
import { readClientRow } from "./client-rows.ts"
import { type ClientDescription, clientEntry } from "./client-spec.ts"
import {
  adoption,
  type ClientView,
  driftOfClient,
  liveView,
  sayWhere,
  sayWhereFrom,
  secretRefused,
  secretTaken,
  wantedView,
} from "./client-view.ts"
import type { MasAddress } from "./mas-cli.ts"
import { type DatabasePlace, readMasDatabase } from "./mas-database.ts"
import { readMasVersion } from "./mas-version.ts"

export interface ClientInputs extends HostedInputs {
  /** A ULID in capitals: which entry of `clients`, and which row of MAS's database. */
  readonly clientId: string
  readonly client: ClientDescription
  /** Of a client that proves itself by one. */
  readonly secret?: string
  /** With its endpoint, MAS is asked whether it takes the secret. */
  readonly mas: MasAddress & Partial<Pick<WebService, "endpoint">>
  /** A folder of ours on the host: it tells a client that is taken out from a stack that is destroyed. */
  readonly stateFolder: string
  readonly database?: DatabasePlace
  /** Filled in by `check`: its entry in MAS's config as it is to be, without the secret. */
  readonly entry?: ClientView["entry"]
  /** Filled in by `check`: what MAS's database is to know of it. */
  readonly registered?: ClientView["registered"]
  /** Filled in by `check`, where it proves itself by a secret: that MAS takes it. */
  readonly proof?: string
}

/** An OAuth client of MAS: its entry in `clients` of MAS's config, and its row in MAS's database. */
export const lifecycle: Lifecycle<ClientInputs, Record<never, never>> = {
  outputs: [],
  identity: ["clientId"],
  async check(inputs, before, context) {
    const entry = await wantedEntry(inputs, context)
    const wanted = wantedView(entry, inputs.secret)
    const found = await lookAtClient(inputs, wanted, context)
    const others = await twinsOf(inputs, found, context.host)
    const live = { ...found, ...(before?.proof === undefined ? {} : { proof: before.proof }) }
    const place = { clientId: inputs.clientId, config: inputs.mas.config }
    return {
      inputs: { ...inputs, ...wanted },
      plan: before === undefined ? [...adoption(found, wanted), ...others, ...sayNoHomePage(wanted)] : [],
      drift: driftOfClient(context.host, place, live, wanted),
    }
  },
  async read(state, context) {
    const wanted = wantedView(await wantedEntry(state, context), state.secret)
    const { entry: _, registered: __, proof: ___, ...rest } = state
    const proof = await lookAtProof(state, context.host)
    return { ...rest, ...(await lookAtClient(state, wanted, context)), ...(proof === undefined ? {} : { proof }) }
  },
  async converge(wanted, _, context) {
    const { host, say } = context
    const entry = await wantedEntry(wanted, context)
    const view = wantedView(entry, wanted.secret)
    const where = sayWhere(await lookAtClient(wanted, view, context), view)
    if (where !== undefined) say(`client ${wanted.client.name} ${where}`)
    await commitClient(host, prunable(wanted), {
      clientId: wanted.clientId,
      entry: await fieldsOf(wanted, entry, host),
    })
    return {}
  },
  async remove(state, context) {
    const { host, say } = context
    if (!(await isInUse(host, state.stateFolder))) return
    const where = sayWhereFrom(await lookAtClient(state, { entry: {}, registered: {} }, context))
    if (where !== undefined) say(`client ${state.client.name} ${where}`)
    await commitClient(host, prunable(state), { clientId: state.clientId, entry: absent })
  },
}

async function wantedEntry(inputs: ClientInputs, { host, say }: Context): Promise<Fields> {
  const { client, mas } = inputs
  const { entry, notes } = clientEntry(client, await readMasVersion(host, mas), "")
  for (const note of notes) say(note)
  const { client_secret: _, ...fields } = entry
  const file = await secretFileOf(inputs, host)
  return { ...fields, ...(file === undefined ? {} : { client_secret_file: file }) } as Fields
}

/**
 * A file of its own that MAS's config names for the client's secret: left in use as long as it holds the very secret, which MAS takes
 * from it without what is blank around it (seen with MAS 1.22).
 */
async function secretFileOf({ clientId, mas, secret }: ClientInputs, host: Host): Promise<string | undefined> {
  if (secret === undefined) return undefined
  const file = entryOf(await readClientEntries(host, mas), clientId)?.client_secret_file
  if (typeof file !== "string") return undefined
  return (await readServiceFile(host, mas.service, file))?.trim() === secret ? file : undefined
}

/** What stands in file and database; nobody is asked whether the secret works. */
async function lookAtClient(inputs: ClientInputs, wanted: ClientView, { host }: Context): Promise<ClientView> {
  const { clientId, mas, database } = inputs
  const entry = entryOf(await readClientEntries(host, mas), clientId)
  await using session = await openDatabase(host, await readMasDatabase(host, mas, database))
  return liveView({ entry, row: await readClientRow(session, clientId) }, wanted, inputs.secret)
}

/** `undefined` where there is no secret to try; a MAS that stands still is told where MAS itself is looked at. */
async function lookAtProof(inputs: ClientInputs, host: Host): Promise<string | undefined> {
  const { clientId, client, secret, mas } = inputs
  if (secret === undefined) return undefined
  if (mas.endpoint === undefined || !(await isRunning(host, mas))) return secretTaken
  const address = { service: mas.service, endpoint: mas.endpoint }
  const verdict = await trySecret(host, address, { clientId, authMethod: client.authMethod, secret })
  if (verdict === "taken") return secretTaken
  return verdict === "refused" ? secretRefused : `MAS cannot tell whether the secret is right (HTTP ${verdict})`
}

async function isRunning(host: Host, { service }: MasAddress): Promise<boolean> {
  return service.commands?.start !== undefined || (await inspectService(host, service)).isRunning
}

/** Every field that an entry may have: those that this one lacks are taken out. */
async function fieldsOf({ clientId, mas, secret }: ClientInputs, entry: Fields, host: Host) {
  const live = entryOf(await readClientEntries(host, mas), clientId)
  const ours = ["client_name", "client_secret", "client_secret_file", "jwks", "jwks_uri", "client_uri"]
  const stale = ours.filter((key) => live !== undefined && key in live && !(key in entry))
  const { client_id: _, ...wanted }: Fields = { ...entry, ...secretIn(entry, secret) }
  // What stands there in other words and means the same is left as it is.
  const same = liveView({ entry: live, row: undefined }, wantedView(wanted, undefined), undefined).entry
  const fields = Object.entries(wanted).map(([key, value]): [string, JsonValue] => {
    const written = live?.[key]
    return [key, written !== undefined && key !== "client_secret" && same[key] === value ? written : value]
  })
  return { ...Object.fromEntries(stale.map((key) => [key, absent])), ...Object.fromEntries(fields) }
}

function secretIn(entry: Fields, secret: string | undefined): Fields {
  return secret === undefined || entry.client_secret_file !== undefined ? {} : { client_secret: secret }
}

function prunable({ mas, database }: ClientInputs) {
  return { ...mas, ...(database === undefined ? {} : { database }) }
}

/** Clients in MAS's config with a redirect URI of this one, while MAS does not know this one: the same client by another id. */
async function twinsOf({ client, clientId, mas }: ClientInputs, found: ClientView, host: Host): Promise<string[]> {
  if (Object.keys(found.entry).length > 0 || Object.keys(found.registered).length > 0) return []
  const ours = client.redirectUris.map(asMasWrites)
  const entries = await readClientEntries(host, mas)
  return entries.flatMap(({ client_id: id, client_name: name, redirect_uris: uris }) => {
    if (typeof id !== "string" || parseClientId(id) === clientId || !Array.isArray(uris)) return []
    const shared = uris.find((uri) => typeof uri === "string" && ours.includes(asMasWrites(uri)))
    if (shared === undefined) return []
    const called = typeof name === "string" ? ` (${name})` : ""
    return [
      `MAS has a client for ${String(shared)} already: ${id}${called}. To manage that one, set \`id: ${id}\` for ${client.name} in the config; without it, MAS gets a second one`,
    ]
  })
}

function asMasWrites(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).href : uri
}

function sayNoHomePage({ entry }: ClientView): string[] {
  if (entry.client_uri !== undefined) return []
  return [
    'has no home page: MAS\'s consent page shows "<no client_uri provided>" unless `clientUri` is set in the config',
  ]
}
