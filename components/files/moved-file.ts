import { sameValue } from "../documents/json-value.ts"
import { observe } from "../documents/managed-keys.ts"
import type { Host } from "../host/host.ts"
import { readKept } from "./kept.ts"
import { type ManagedFile, makeChange, planChange } from "./managed-file.ts"
import { readUsable } from "./usable-text.ts"

/**
 * The config names another path than before. Usually the document was moved or copied there: then it has our keys, and
 * what is kept belongs to it. Where it does not have them and the old document still exists, it is another document: the
 * old one gets back what stood in it before us, and nothing is kept for the new one yet.
 *
 * Only writes to a document that no service of the config reads any more.
 *
 * @param before absolute path of the document at the last `pulumi up`; `undefined`: there was none.
 */
export async function leaveOtherDocument(host: Host, file: ManagedFile, before: string | undefined): Promise<void> {
  if (before === undefined || before === file.path) return
  const old = { ...file, path: before }
  if ((await host.readIfPresent(before)) === undefined || (await hasOurKeys(host, file))) return
  await makeChange(host, old, await planChange(host, old, []))
}

async function hasOurKeys(host: Host, file: ManagedFile): Promise<boolean> {
  const { keys } = await readKept(host, file.keptAt)
  const paths = Object.keys(keys)
  const found = observe((await readUsable(host, file, paths)).text, file.dialect, paths)
  return Object.entries(keys).every(([path, { wrote }]) => sameValue(found[path] ?? null, wrote))
}
