import { isIP } from "node:net"
import type { Cursor } from "./cursor.ts"

const resourceNames = [
  "health",
  "prometheus",
  "discovery",
  "human",
  "graphql",
  "oauth",
  "compat",
  "assets",
  "adminapi",
  "connection-info",
] as const

export type ResourceName = (typeof resourceNames)[number]

export interface HttpConfig {
  readonly publicBase: string
  readonly issuer: string | undefined
  readonly trustedProxies: readonly string[]
  readonly listeners: readonly ListenerConfig[]
}

export interface ListenerConfig {
  readonly name: string | undefined
  readonly prefix: string | undefined
  readonly resources: readonly ResourceName[]
  readonly binds: readonly BindConfig[]
}

/** Where a listener listens. No host: every address. */
export type BindConfig =
  | { readonly host: string | undefined; readonly port: number }
  | { readonly socket: string; readonly mode: string | undefined }
  | { readonly fd: number }

const defaultBase = "http://[::]:8080/"
const privateRanges = ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/10", "127.0.0.1/8", "fd00::/8", "::1/128"]

export const defaultHttp: HttpConfig = {
  publicBase: defaultBase,
  issuer: defaultBase,
  trustedProxies: privateRanges,
  listeners: [
    {
      name: "web",
      prefix: undefined,
      resources: ["discovery", "human", "oauth", "compat", "graphql", "assets"],
      binds: [{ host: "::", port: 8080 }],
    },
    { name: "internal", prefix: undefined, resources: ["health"], binds: [{ host: "localhost", port: 8081 }] },
  ],
}

/** `public_base` is needed as soon as there is an `http` section; without listeners in it the server has none. */
export function readHttp(root: Cursor): HttpConfig {
  const cursor = root.given("http")?.struct("HttpConfig")
  if (!cursor) return defaultHttp
  return {
    issuer: cursor.at("issuer")?.url(),
    listeners: cursor.given("listeners")?.items().map(readListener) ?? [],
    trustedProxies: cursor.given("trusted_proxies")?.items().map(readRange) ?? privateRanges,
    publicBase: cursor.required("public_base").url(),
  }
}

function readRange(cursor: Cursor): string {
  const range = cursor.string()
  if (isIP(range.replace(/\/\d+$/, "")) === 0) throw cursor.refusal(`invalid address: ${range}`)
  return range
}

function readListener(cursor: Cursor): ListenerConfig {
  return {
    binds: cursor.required("binds").items().map(readBind),
    name: cursor.at("name")?.string(),
    prefix: cursor.at("prefix")?.string(),
    resources: cursor
      .required("resources")
      .items()
      .map((resource) => resource.required("name").variant("Resource", resourceNames)),
  }
}

function readBind(cursor: Cursor): BindConfig {
  const port = cursor.at("port")
  if (port) return { host: cursor.at("host")?.string(), port: port.integer("u16") }
  const address = cursor.at("address")
  if (address) return parseAddress(address)
  const socket = cursor.at("socket")
  if (socket) return { socket: socket.string(), mode: cursor.at("mode")?.string() }
  if (cursor.tree.kind !== "map") throw cursor.refusal("data did not match any variant of untagged enum BindConfig")
  return { fd: cursor.at("fd")?.integer() ?? 0 }
}

function parseAddress(cursor: Cursor): BindConfig {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(cursor.string()) ?? []
  if (port === undefined) throw cursor.refusal("invalid socket address syntax")
  return { host: bracketed ?? plain, port: Number(port) }
}

export function validateHttp(root: Cursor, { listeners }: HttpConfig): void {
  const cursor = root.section("http", "HttpConfig")
  for (const [index, { resources, binds }] of listeners.entries()) {
    const place = ["listeners", String(index)]
    if (resources.length === 0) throw cursor.refusal("listener has no resources", place)
    if (binds.length === 0) throw cursor.refusal("listener does not bind to any address", place)
  }
}
