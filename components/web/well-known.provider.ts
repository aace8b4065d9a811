import { absent } from "../documents/json-value.ts"
import { observe, restore } from "../documents/managed-keys.ts"
import type { Aspect } from "../files/aspects.ts"
import { readKept } from "../files/kept.ts"
import { sameAddress } from "../files/managed-keys.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { asTheFile, lookWhatIsServed } from "../files/served.ts"
import { readUsable } from "../files/usable-text.ts"
import type { Host } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"

export interface WellKnownInputs extends ManagedFileInputs {
  /** MAS's issuer, slash at the end: clients compare it byte for byte (RFC 8414, section 3.3). `null` in legacy. */
  readonly issuer: string | null
  /** MAS's issuer, in legacy too: a document that names it sends people to MAS. */
  readonly masIssuer?: string
  /** Public address of the document; without it nobody looks what is served. */
  readonly url?: string
  /** Who serves it, where that is known. */
  readonly service?: ServiceAddress
}

const key = '["org.matrix.msc2965.authentication"]'

const served: Aspect<WellKnownInputs> = {
  name: "served",
  kind: "served",
  wanted: asTheFile,
  look: async ({ url, ...inputs }, { host }) =>
    url === undefined ? undefined : lookWhatIsServed(host, { ...inputs, url }),
  where: ({ file, url = "" }, host) => ({ host: host.name, file, url }),
}

/**
 * The client well-known document: JSON that nginx serves and somebody else owns, with one key of ours in it (MSC2965,
 * still read by older clients; newer ones ask `auth_metadata`). In legacy, what stood at our key before us is back, unless
 * that was MAS already, as on a server that was delegated when we came: then the key goes.
 */
export const lifecycle = managedFileLifecycle<WellKnownInputs>({
  dialect: "json",
  keys: async (inputs, { host }) => {
    const { issuer } = inputs
    if (issuer === null) return (await namesMas(host, inputs)) ? [{ path: key, value: absent }] : []
    return [
      { path: `${key}.issuer`, value: issuer },
      { path: `${key}.account`, value: `${issuer}account/` },
    ]
  },
  aspects: [served],
})

/** Whether the document would name MAS once everything kept has been given back. */
async function namesMas(host: Host, { file, keptAt, masIssuer }: WellKnownInputs): Promise<boolean> {
  if (masIssuer === undefined) return false
  const kept = await readKept(host, keptAt)
  const { text } = await readUsable(host, { path: file, dialect: "json", keptAt }, Object.keys(kept.keys))
  const path = `${key}.issuer`
  const { [path]: named } = observe(restore(text, "json", kept), "json", [path])
  return typeof named === "string" && sameAddress(masIssuer)(named)
}
