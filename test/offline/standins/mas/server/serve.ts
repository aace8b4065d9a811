import type { Server } from "node:http"
import type { MasConfig } from "../config.ts"
import { openPool } from "../database.ts"
import { log } from "../logs.ts"
import { Homeserver } from "./homeserver.ts"
import { openListeners } from "./listeners.ts"
import { LoginLimiter } from "./login-limiter.ts"
import type { Service } from "./service.ts"
import { loadSettings } from "./settings.ts"
import { runWorker } from "./worker.ts"

export interface ServeOptions {
  /** Whether this process also does what the queue holds. Default: true. */
  readonly worker?: boolean
}

/**
 * `mas-cli server` once the schema is migrated and the configuration synced: listens, answers, does the queue's jobs,
 * and resolves when SIGTERM or SIGINT ends it, after the requests under way.
 *
 * @throws Error when a file of the configuration, the database or an address to listen on is not to be had.
 */
export async function serve(config: MasConfig, { worker = true }: ServeOptions = {}): Promise<void> {
  const told = endOfProcess()
  const service = await openService(config)
  try {
    const servers = await openListeners(service)
    if (worker) log("INFO", "mas_cli::commands::server:183", "Starting task worker")
    const working = worker ? runWorker(service, told) : Promise.resolve()
    await aborted(told)
    await Promise.all([working, ...servers.map(close)])
  } finally {
    await service.database.end()
  }
}

/** `mas-cli worker`: the queue alone, until SIGTERM or SIGINT. */
export async function work(config: MasConfig): Promise<void> {
  const told = endOfProcess()
  const service = await openService(config)
  log("INFO", "mas_cli::commands::worker", "Starting task scheduler")
  try {
    await runWorker(service, told)
  } finally {
    await service.database.end()
  }
}

async function openService(config: MasConfig): Promise<Service> {
  const settings = await loadSettings(config)
  return {
    settings,
    database: await openPool(config.database),
    homeserver: new Homeserver(settings.homeserver),
    limiter: new LoginLimiter(config.behaviour.rateLimits),
  }
}

function endOfProcess(): AbortSignal {
  const end = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log("INFO", "mas_cli::lifecycle", `${name} received, shutting down`)
      end.abort()
    })
  }
  return end.signal
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
}

/** Connections that wait for another request are not waited for. */
async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await closed
}
