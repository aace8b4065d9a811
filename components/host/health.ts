import { setTimeout as pause } from "node:timers/promises"
import type { Progress } from "../report/progress.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"
import { environmentOf, type Inspection, inspectService } from "./inspection.ts"
import { containerOf, type ServiceAddress } from "./service-address.ts"
import { lastLogs } from "./service-log.ts"

export interface HealthOptions {
  /** How long it may take. */
  readonly limitSeconds: number
  /**
   * Asked until it says yes, once the container runs and is not unhealthy. What it throws counts as no, and the last
   * such message is shown when the limit is reached. Without it, the container's own health check decides; where
   * there is none, that it runs.
   */
  readonly probe?: () => Promise<boolean>
  readonly progress?: Progress
}

const pauseMilliseconds = 500
/** Whoever waits for a database may end a few times; who ends this often, engine and all, does not stay up. */
const mostRestarts = 4
const linesShown = 8

/**
 * Returns when the service is healthy. Throws `docker/container-not-running` at once when its container has ended, or soon
 * when the engine starts it over and over; `docker/container-unhealthy` when the limit is reached; both with its last log lines.
 */
export async function waitUntilHealthy(host: Host, service: ServiceAddress, options: HealthOptions): Promise<void> {
  const begin = performance.now()
  const elapsedSeconds = () => (performance.now() - begin) / 1000
  while (true) {
    const state = await look(host, service, options)
    if (state.verdict === "healthy") return
    if (state.verdict === "ended") throw await ended(host, service, state.still)
    if (elapsedSeconds() >= options.limitSeconds) throw await unhealthy(host, service, options, state.still)
    options.progress?.waiting(`${service.name} to be healthy`, options.limitSeconds)
    await pause(pauseMilliseconds)
  }
}

interface Look {
  readonly verdict: "healthy" | "waiting" | "ended"
  /** What it waits for, or why it is not healthy. */
  readonly still: string
}

async function look(host: Host, service: ServiceAddress, { probe }: HealthOptions): Promise<Look> {
  const container = await inspectIfAny(host, service)
  if (container !== undefined) {
    const { status, exitCode, health, restartCount } = container
    if (status === "exited" || status === "dead")
      return { verdict: "ended", still: `it ended with exit code ${exitCode}` }
    // Looked at between two starts, when its log ends with the reason.
    if (status === "restarting" && restartCount >= mostRestarts)
      return { verdict: "ended", still: `it has ended ${restartCount + 1} times, at last with exit code ${exitCode}` }
    if (status !== "running") return { verdict: "waiting", still: `it is ${status}, last exit code ${exitCode}` }
    if (!probe && health === "starting") return { verdict: "waiting", still: "its health check has not passed yet" }
    if (health === "unhealthy") return { verdict: "waiting", still: "its health check fails" }
  }
  return probe ? ask(probe) : { verdict: "healthy", still: "" }
}

async function ask(probe: () => Promise<boolean>): Promise<Look> {
  try {
    return (await probe())
      ? { verdict: "healthy", still: "" }
      : { verdict: "waiting", still: "it does not answer as it should" }
  } catch (error) {
    return { verdict: "waiting", still: error instanceof Refusal ? error.what : String(error) }
  }
}

/** A service with a `start` command of its own need not be a container at all. */
async function inspectIfAny(host: Host, service: ServiceAddress): Promise<Inspection | undefined> {
  try {
    return await inspectService(host, service)
  } catch (error) {
    if (service.commands?.start !== undefined && error instanceof Refusal) return undefined
    throw error
  }
}

async function ended(host: Host, service: ServiceAddress, why: string): Promise<Refusal> {
  const container = containerOf(service)
  return new Refusal({
    code: "docker/container-not-running",
    what: `The container ${container} does not stay up: ${why}`,
    where: { host: host.name, container },
    meaning: `The service ${service.name} does not serve. ${await tellLastWords(host, service)}`,
    next: `Mend what it complains about; \`docker logs ${container}\` has all of it.`,
  })
}

async function unhealthy(host: Host, service: ServiceAddress, options: HealthOptions, why: string): Promise<Refusal> {
  const container = containerOf(service)
  return new Refusal({
    code: "docker/container-unhealthy",
    what: `The service ${service.name} is not healthy after ${options.limitSeconds} s: ${why}`,
    where: { host: host.name, container },
    meaning: `It may not serve. ${await tellLastWords(host, service)}`,
    next: `Mend what it complains about; \`docker logs ${container}\` has all of it.`,
  })
}

async function tellLastWords(host: Host, service: ServiceAddress): Promise<string> {
  const lines = await lastWords(host, service)
  if (lines === undefined) return "Its log could not be read."
  return lines.length === 0
    ? "Its log is empty."
    : `Its last log lines:\n${lines.map((text) => `  | ${text}`).join("\n")}`
}

/** The last lines of a service's log, secrets covered; `undefined` where it cannot be read. Never throws. */
export async function lastWords(host: Host, service: ServiceAddress): Promise<readonly string[] | undefined> {
  try {
    const hidden = await secretsOfEnvironment(host, service)
    const log = (await lastLogs(host, service, linesShown)).map(({ text }) => text)
    if (log.length === 0) return []
    // Together: what stands in quotes may reach over lines.
    return quoted(log.join("\n"), hidden).split("\n")
  } catch {
    return undefined
  }
}

const secretName = /secret|password|passwd|token|key|credential|dsn|database_url|_uri$/i

async function secretsOfEnvironment(host: Host, service: ServiceAddress): Promise<readonly string[]> {
  const lines = (await environmentOf(host, service)).map((line) => line.split(/=(.*)/s))
  return lines.flatMap(([name = "", value = ""]) => (secretName.test(name) && value.length > 3 ? [value] : []))
}
