import { posix } from "node:path"
import { isList, isMap, type JsonValue } from "../documents/json-value.ts"
import { usualSecretNames } from "../documents/masking.ts"
import { parseDocument } from "../documents/parse.ts"
import { parseAsPythonText } from "../documents/python-text.ts"
import { readUsable } from "../files/usable-text.ts"
import type { Host } from "../host/host.ts"
import { type Homeserver, isOn } from "../synapse/homeserver.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { argumentsOf, readSynapseDatabase } from "../synapse/synapse-database.ts"

/** What the copy is made from and where it goes. */
export interface Freezing {
  /** Whose homeserver.yaml. */
  readonly synapse: Pick<SynapseAddress, "service" | "homeserverYaml">
  readonly stateFolder: string
  /** A file whose owner has to be able to read the copy: MAS's config. */
  readonly like: string
}

/**
 * Makes the copy of homeserver.yaml that syn2mas reads, so that what it needs (passwords, providers) is there however far
 * things went. syn2mas reads more strictly than Synapse: `no` is no boolean to it, a number no text, and a key with nothing
 * below it is refused, each by quoting the value (seen with MAS 1.22.0); and of the database it reads but five arguments.
 * So the copy has the values as Synapse takes them, as JSON, which is YAML too. Returns its path.
 */
export async function freezeHomeserver(host: Host, { synapse, stateFolder, like }: Freezing): Promise<string> {
  const { text } = await readUsable(host, { path: synapse.homeserverYaml, dialect: "yaml11" })
  // Where it listens, MAS has to know by itself: only who and what is taken from here.
  const who = await readSynapseDatabase(host, synapse, { host: "unasked" })
  const frozen = posix.join(stateFolder, "homeserver.frozen.yaml")
  const copy = { ...asMap(forSyn2Mas(text)), database: databaseOf(text, who) }
  await host.write(frozen, `${JSON.stringify(copy, null, 2)}\n`, { mode: 0o600, like })
  return frozen
}

/** The arguments that syn2mas knows; a file, a string or the environment that they came from it does not read. */
function databaseOf(text: string, { user, password, database }: Awaited<ReturnType<typeof readSynapseDatabase>>) {
  const { host, hostaddr, port } = argumentsOf(asMap(parseAsPythonText(text)) as Homeserver)
  const place = host || hostaddr
  return {
    name: "psycopg2",
    args: {
      user,
      ...(password ? { password } : {}),
      dbname: database,
      ...(place === undefined ? {} : { host: place }),
      ...(port === undefined || !/^\s*\d+\s*$/.test(port) ? {} : { port: Number(port) }),
    },
  }
}

/**
 * homeserver.yaml in the types that syn2mas wants. What a delegated Synapse has switched off anyway, since MAS does it, is
 * off in the copy: `check` refuses it otherwise, and the server in use would have to change before its night.
 * `only_for_reauth` is no boolean to syn2mas.
 */
export function forSyn2Mas(text: string): JsonValue {
  const copy = withoutNothing(typed(parseDocument(text, "yaml11"), parseAsPythonText(text), ""))
  if (!isMap(copy)) return copy
  const { enable_3pid_changes: _, login_via_existing_session: __, password_config: passwords, ...rest } = copy
  if (passwords === undefined) return rest
  const isForReauth = isMap(passwords) && passwords.enabled === "only_for_reauth"
  return { ...rest, password_config: isForReauth ? { ...passwords, enabled: true } : passwords }
}

/** What syn2mas wants as text, whatever YAML makes of it; with them, all that is called like a secret. */
const texts = /^(server_name|public_baseurl|pepper|idp_id|idp_name|issuer|client_id|recaptcha_public_key|name)$/

/** Where Synapse asks `strtobool(str(value))`; all else that is on or off has to be a boolean to it as well. */
const switches = /^(enable_registration|enable_registration_captcha|allow_guest_access|enabled|localdb_enabled)$/

function typed(value: JsonValue, written: JsonValue, name: string): JsonValue {
  if (isList(value)) return value.map((part, at) => typed(part, isList(written) ? (written[at] ?? part) : part, name))
  if (isMap(value) && !("$yaml" in value)) {
    const parts = asMap(written)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, typed(part, parts[key] ?? part, key)]))
  }
  if (value === null || typeof value === "string") return switches.test(name) ? asSwitch(value) : value
  if (typeof value === "number" && switches.test(name)) return asSwitch(String(value))
  const isText = texts.test(name) || usualSecretNames.some((pattern) => pattern.test(name))
  if (isText && typeof value !== "boolean") return isMap(written) ? String(written.text) : written
  return isMap(value) ? String(value.text) : value
}

function asSwitch(value: string | null): JsonValue {
  if (value === null) return null
  return /^(y|yes|t|true|on|1|n|no|f|false|off|0)$/i.test(value) ? isOn(value) : value
}

function asMap(value: JsonValue): Readonly<Record<string, JsonValue>> {
  return isMap(value) ? value : {}
}

/** Without the keys that have nothing below them. */
export function withoutNothing(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(withoutNothing)
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([, part]) => part !== null)
  return Object.fromEntries(kept.map(([key, part]) => [key, withoutNothing(part)]))
}
