import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import type { Lab } from "../lab/lab.ts"
import { changedLines } from "./changed-lines.ts"

/** The documents of the server that we have keys in, as they stand. */
export interface Documents {
  readonly homeserver: string
  readonly wellKnown: string
  readonly element: string
}

export async function readDocuments(lab: Lab): Promise<Documents> {
  const paths = pathsOf(lab)
  const [homeserver, wellKnown, element] = await Promise.all([
    readFile(paths.homeserver, "utf8"),
    readFile(paths.wellKnown, "utf8"),
    readFile(paths.element, "utf8"),
  ])
  return { homeserver, wellKnown, element }
}

function pathsOf({ places }: Lab): Documents {
  return { homeserver: places.synapse.homeserverYaml, wellKnown: places.wellKnown.file, element: places.element.config }
}

const names = ["homeserver", "wellKnown", "element"] as const

/** What somebody else does to these documents one day, without a thought of us. */
const editsOfOthers: Readonly<Record<keyof Documents, (text: string) => string>> = {
  homeserver: (text) =>
    text
      .replace("max_upload_size: 50M", "max_upload_size: 80M   # for the films of the wedding")
      .replace("\npresence:\n", "\n# asked for by carol\nforgotten_room_retention_period: 28d\n\npresence:\n"),
  wellKnown: (text) => text.replace('"m.homeserver"', '"org.example.support": {"room": "#help"},\n  "m.homeserver"'),
  element: (text) => text.replace('"default_theme": "light"', '"default_theme": "dark"'),
}

/** The same documents after somebody else's edits. */
export function editedByOthers(documents: Documents): Documents {
  const edited = names.map((name) => [name, editsOfOthers[name](documents[name])] as const)
  return Object.fromEntries(edited) as Record<keyof Documents, string>
}

/** Somebody else edits each of the documents. */
export async function letOthersEdit(lab: Lab): Promise<void> {
  const paths = pathsOf(lab)
  for (const name of names) {
    await lab.edit(paths[name], (text) => {
      const after = editsOfOthers[name](text)
      assert.notEqual(after, text, `there was nothing to edit in ${paths[name]}`)
      return after
    })
  }
}

/** What may come and go: the managed keys, and what holds them together in JSON. */
const ours: Readonly<Record<keyof Documents, { readonly added: RegExp; readonly removed: RegExp }>> = {
  homeserver: {
    added: /^matrix_authentication_service:|^ {2}(enabled|endpoint|secret): |^$/,
    removed: /^ {2}enabled: true$|^oidc_providers:|^ {2}(# the dex|- idp_id:)|^ {4,}\S/,
  },
  wellKnown: {
    added: /org\.matrix\.msc2965\.authentication|"issuer"|"account"|^\s*[\]}],?$/,
    removed: /^\s*[\]}],?$/,
  },
  element: {
    added: /"oidc_static_clients"|"client_id"|"http:\/\/[^"]+": \{|feature_oidc_native_flow|^\s*[\]}],?$|feature_video/,
    removed: /^\s*[\]}],?$|feature_video/,
  },
}

/** Says how many lines differ. Throws when one of them is not ours. */
export function sayChanges(before: Documents, after: Documents): string {
  const counts = names.map((name) => {
    const { added, removed } = changedLines(before[name], after[name])
    const strange = [
      ...added.filter((line) => !ours[name].added.test(line)),
      ...removed.filter((line) => !ours[name].removed.test(line)),
    ]
    assert.deepEqual(strange, [], `lines of ${name} changed that are not ours`)
    return `${name}: +${added.length} -${removed.length} lines`
  })
  return counts.join(", ")
}
