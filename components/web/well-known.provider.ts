import type { Aspect } from "../files/aspects.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { asTheFile, lookWhatIsServed } from "../files/served.ts"
import type { ServiceAddress } from "../host/service-address.ts"

export interface WellKnownInputs extends ManagedFileInputs {
  /** MAS's issuer, slash at the end: clients compare it byte for byte (RFC 8414, section 3.3). `null` in legacy. */
  readonly issuer: string | null
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
 * still read by older clients; newer ones ask `auth_metadata`). In legacy, what stood at our key before us is back.
 */
export const lifecycle = managedFileLifecycle<WellKnownInputs>({
  dialect: "json",
  keys: async ({ issuer }) =>
    issuer === null
      ? []
      : [
          { path: `${key}.issuer`, value: issuer },
          { path: `${key}.account`, value: `${issuer}account/` },
        ],
  aspects: [served],
})
