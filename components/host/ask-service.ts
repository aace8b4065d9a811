import { isIP } from "node:net"
import { isDeepStrictEqual } from "node:util"
import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"
import { type HttpAnswer, request } from "./http.ts"
import { forgetService, type Inspection, knownService } from "./inspection.ts"
import type { ServiceAddress } from "./service-address.ts"

/** A service that answers HTTP, as its neighbours see it. */
export interface WebService {
  readonly service: ServiceAddress
  /** @example "http://synapse:8008/" */
  readonly endpoint: string
}

export interface Question {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | object
}

/**
 * Asks a service at its endpoint, whose path is kept. Where that names the service's container, or a port of the host that
 * is handed on to it, it is asked there itself, past every proxy and cache; else as the endpoint is seen from the host.
 * Throws as `request` does.
 */
export async function askService(
  host: Host,
  { service, endpoint }: WebService,
  question: Question,
): Promise<HttpAnswer> {
  const { path, ...rest } = question
  const url = below(endpoint, path)
  const ask = (viaAddress: Way | undefined) =>
    request(host, { url: url.href, timeoutSeconds: 20, ...rest, ...(viaAddress ? { viaAddress } : {}) })
  const way = await wayTo(host, service, url)
  try {
    return await ask(way)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "http/unreachable") throw error
    // Whoever has started it anew meanwhile may have given it another address.
    forgetService(host, service)
    const now = await wayTo(host, service, url)
    if (isDeepStrictEqual(now, way)) throw error
    return ask(now)
  }
}

/** A path below the endpoint's own. @example below("http://proxy/synapse", "/health?a") is http://proxy/synapse/health?a */
export function below(endpoint: string, path: string): URL {
  const base = new URL(endpoint)
  return new URL(`${base.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`, base.origin)
}

interface Way {
  readonly address: string
  readonly port: number
}

async function wayTo(host: Host, service: ServiceAddress, url: URL): Promise<Way | undefined> {
  if (service.commands?.start !== undefined) return undefined
  return wayInto(await knownService(host, service), url)
}

/** Where to connect for a URL as the container's neighbours see it; `undefined`: where it says, as seen from the host. Pure. */
export function wayInto(container: Reachable, url: URL): Way | undefined {
  const name = url.hostname.replace(/^\[|\]$/g, "").toLowerCase()
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80)
  const address = container.networks.find((network) => network.address !== undefined)?.address
  if (isHostItself(name)) {
    const published = container.publishedPorts.find(({ onHost }) => onHost === port)
    if (published && address !== undefined) return { address, port: published.inContainer }
    return { address: name.startsWith("host.") ? "127.0.0.1" : name, port }
  }
  const isIts = container.names.some((own) => own.toLowerCase() === name)
  // A name without a dot is one of the container's network, and on the host may be somebody else's.
  const isOfNetwork = isIts || (isIP(name) === 0 && !name.includes("."))
  return isOfNetwork && address !== undefined ? { address, port } : undefined
}

type Reachable = Pick<Inspection, "names" | "networks" | "publishedPorts">

/** As seen from within a container or from the host. */
function isHostItself(name: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1|host\.docker\.internal|host\.containers\.internal|gateway\.docker\.internal)$/.test(
    name,
  )
}
