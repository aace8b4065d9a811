import type { Host } from "./host.ts"
import { type HttpAnswer, request } from "./http.ts"
import { inspectService } from "./inspection.ts"
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
 * Asks a service itself, past every proxy and cache: at its container's address, or, where it is no container, at its
 * endpoint as seen from the host. Throws as `request` does.
 */
export async function askService(
  host: Host,
  { service, endpoint }: WebService,
  question: Question,
): Promise<HttpAnswer> {
  const { path, ...rest } = question
  const url = new URL(path, endpoint)
  const address = await addressOf(host, service)
  const via = address === undefined ? {} : { viaAddress: { address, port: Number(url.port || 80) } }
  return request(host, { url: url.href, timeoutSeconds: 20, ...rest, ...via })
}

async function addressOf(host: Host, service: ServiceAddress): Promise<string | undefined> {
  if (service.commands?.start !== undefined) return undefined
  const { networks } = await inspectService(host, service)
  return networks.find(({ address }) => address !== undefined)?.address
}
