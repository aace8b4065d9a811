import { absent, isAbsent } from "../documents/json-value.ts"
import type { Aspect } from "../files/aspects.ts"
import { readKept } from "../files/kept.ts"
import type { WantedKey } from "../files/managed-keys.ts"
import { type ManagedFileInputs, managedFileLifecycle } from "../files/managed-lifecycle.ts"
import { asTheFile, isStopped, lookWhatIsServed } from "../files/served.ts"
import type { Host } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { Refusal } from "../report/refusal.ts"
import { isOlder, readElementVersion } from "./element-version.ts"

export interface WebConfigInputs extends ManagedFileInputs {
  /** MAS's issuer, slash at the end; `null` in legacy. */
  readonly issuer: string | null
  /** The id under which MAS knows Element; `null`: it registers itself with MAS. */
  readonly clientId: string | null
  /** Public address of Element's site. */
  readonly url: string
  /** The first version that logs in with MAS natively. */
  readonly minimumVersion: string
  /** Element's site, where it is known. */
  readonly service?: ServiceAddress
}

/** In legacy there is nothing of ours in it, and nothing to look at. */
const served: Aspect<WebConfigInputs> = {
  name: "served",
  kind: "served",
  wanted: asTheFile,
  look: async (inputs, { host }) =>
    inputs.issuer === null
      ? undefined
      : lookWhatIsServed(host, { ...inputs, url: new URL("config.json", inputs.url).href }),
  where: ({ file, url }, host) => ({ host: host.name, file, url: new URL("config.json", url).href }),
}

const nativeFlow = "features.feature_oidc_native_flow"
const staticClients = "oidc_static_clients"

/**
 * Element Web's config.json. With the id of a static client it does not register itself anew with MAS; the native flow is
 * on by default since 1.11.87 or so, and has to be switched on before.
 */
export const lifecycle = managedFileLifecycle<WebConfigInputs>({
  dialect: "json",
  async keys(inputs, { host }) {
    const { issuer, clientId, url, minimumVersion, file, keptAt } = inputs
    if (issuer === null) return keysOfAdopted(host, keptAt)
    const version = await versionOf(inputs, host)
    if (version !== undefined && isOlder(version, minimumVersion))
      throw tooOld(version, minimumVersion, { url, file, host: host.name })
    const client = `${staticClients}[${JSON.stringify(issuer)}].client_id`
    return [{ path: nativeFlow, value: true }, ...(clientId === null ? [] : [{ path: client, value: clientId }])]
  },
  aspects: [served],
  version: (inputs, { host }) => versionOf(inputs, host),
})

/**
 * Where a client of MAS stood in it already when we came, nothing is known of how it was before MAS: in legacy, both keys go.
 */
async function keysOfAdopted(host: Host, keptAt: string): Promise<WantedKey[]> {
  const { keys } = await readKept(host, keptAt)
  const found = Object.entries(keys).flatMap(([path, { previous }]) => (isAbsent(previous) ? [] : [path]))
  if (!found.some((path) => path.startsWith(`${staticClients}[`))) return []
  return found.map((path) => ({ path, value: absent }))
}

/** `undefined` in legacy, and where the site stands still: it is started first. */
async function versionOf({ issuer, url, service }: WebConfigInputs, host: Host): Promise<string | undefined> {
  if (issuer === null || (service !== undefined && (await isStopped(host, service)))) return undefined
  return readElementVersion(url)
}

function tooOld(version: string, minimum: string, where: { url: string; file: string; host: string }): Refusal {
  return new Refusal({
    code: "element/too-old",
    what: `Element ${version} cannot log in with MAS natively`,
    where,
    meaning: "It would go on showing the old password form. Nothing was written.",
    next: `Go to Element ${minimum} or later, then \`pulumi up\`.`,
  })
}
