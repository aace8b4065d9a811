import { once } from "node:events"
import { chmod } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { BlockList } from "node:net"
import type { BindConfig, ListenerConfig, ResourceName } from "../config/http.ts"
import { log } from "../logs.ts"
import { answer, type Site } from "./answer.ts"
import { trustedProxies } from "./client-address.ts"
import { routerOf } from "./router.ts"
import { routesOf } from "./routes.ts"
import type { Service } from "./service.ts"

/** Every listener of the config, listening; each says so in the log, with the address it got (port 0 gets a free one). */
export async function openListeners(service: Service): Promise<Server[]> {
  const { listeners, trustedProxies: ranges } = service.settings.config.http
  const trusted = trustedProxies(ranges)
  const opened: Server[][] = []
  for (const listener of listeners) opened.push(await openListener(listener, service, trusted))
  return opened.flat()
}

async function openListener(listener: ListenerConfig, service: Service, trusted: BlockList): Promise<Server[]> {
  const router = routerOf(listener.resources.flatMap((name) => routesOf[name]))
  const site: Site = { router, prefix: prefixOf(listener), service, trusted }
  const serve = () => createServer((request, response) => void answer(site, request, response))
  const servers = await Promise.all(listener.binds.map((bind) => listen(serve(), bind)))
  const addresses = servers.map((server) => `http://${addressOf(server)}${listener.prefix ?? ""}`).join(", ")
  const resources = listener.resources.map((name) => toldNames[name]).join(", ")
  log("INFO", "mas_cli::commands::server:308", `Listening on ${addresses} with resources [${resources}] `)
  return servers
}

function prefixOf({ prefix = "" }: ListenerConfig): string {
  const bare = prefix.replace(/^\/+|\/+$/g, "")
  return bare === "" ? "/" : `/${bare}/`
}

/** As the log has them. */
const toldNames: Readonly<Record<ResourceName, string>> = {
  health: "Health",
  prometheus: "Prometheus",
  discovery: "Discovery",
  human: "Human",
  graphql: "GraphQL { playground: false, undocumented_oauth2_access: false }",
  oauth: "OAuth",
  compat: "Compat",
  assets: "Assets",
  adminapi: "AdminApi",
  "connection-info": "ConnectionInfo",
}

async function listen(server: Server, bind: BindConfig): Promise<Server> {
  if ("socket" in bind) {
    await listening(server.listen({ path: bind.socket }))
    if (bind.mode !== undefined) await chmod(bind.socket, Number.parseInt(bind.mode, 8))
    return server
  }
  // Passed descriptors begin at 3, as systemd counts them.
  return listening("fd" in bind ? server.listen({ fd: bind.fd + 3 }) : server.listen(bind.port, bind.host ?? "::"))
}

async function listening(server: Server): Promise<Server> {
  await once(server, "listening")
  return server
}

function addressOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === "string") return String(address)
  return address.family === "IPv6" ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}
