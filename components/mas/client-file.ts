import { isList, isMap, type JsonValue } from "../documents/json-value.ts"
import { printKeyPath } from "../documents/key-path.ts"
import { readKey } from "../files/managed-file.ts"
import type { Host } from "../host/host.ts"
import { parseClientId } from "./client-id.ts"
import { type MasAddress, masConfigFile } from "./mas-cli.ts"

export type Fields = Readonly<Record<string, JsonValue>>

/** The entries of `clients` in MAS's config, as they stand there. */
export async function readClientEntries(host: Host, mas: MasAddress): Promise<readonly Fields[]> {
  return entriesOf(await readKey(host, masConfigFile(mas), "clients"))
}

/** The entry of a client. Of several MAS takes the last one (seen with MAS 1.22). */
export function entryOf(entries: readonly Fields[], clientId: string): Fields | undefined {
  return entries.findLast((entry) => isOf(entry, clientId))
}

/**
 * Where a client's entry is in MAS's config: by its id as it is written there, since MAS takes lower case too (seen with
 * MAS 1.22) and a second entry would not do.
 */
export function entryPath(clients: JsonValue | undefined, clientId: string): string {
  const written = entryOf(entriesOf(clients), clientId)?.client_id
  return printKeyPath(["clients", { by: "client_id", is: typeof written === "string" ? written : clientId }])
}

function entriesOf(clients: JsonValue | undefined): readonly Fields[] {
  return clients !== undefined && isList(clients) ? clients.filter(isMap) : []
}

function isOf({ client_id: written }: Fields, clientId: string): boolean {
  return typeof written === "string" && parseClientId(written) === clientId
}
