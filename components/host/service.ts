import { Refusal } from "../report/refusal.ts"
import { askEngine, commandFailed, containerMissing, tellEngine } from "./engine.ts"
import type { Argv, ExecOptions, Finished, Host } from "./host.ts"
import { forgetService, inspectService } from "./inspection.ts"
import { containerOf, type ServiceAddress } from "./service-address.ts"

/** Long: docker waits for a container's grace before it kills it, and compose files stretch that. */
const lifecycleSeconds = 180

/** Nothing happens where it runs already. Returns when it is started, not when it is healthy (`waitUntilHealthy`). */
export async function startService(host: Host, service: ServiceAddress): Promise<void> {
  await steer(host, service, "start")
}

/** Nothing happens where it is stopped already. */
export async function stopService(host: Host, service: ServiceAddress): Promise<void> {
  await steer(host, service, "stop")
}

/** Starts it where it is stopped. */
export async function restartService(host: Host, service: ServiceAddress): Promise<void> {
  await steer(host, service, "restart")
}

async function steer(host: Host, service: ServiceAddress, verb: "start" | "stop" | "restart"): Promise<void> {
  const command = service.commands?.[verb]
  const options = { timeoutSeconds: lifecycleSeconds }
  try {
    if (command === undefined) {
      await tellEngine(host, service, [verb, containerOf(service)], options)
      return
    }
    const finished = await host.exec(command, options)
    if (finished.exitCode !== 0) throw commandFailed(command, finished, { host: host.name })
  } finally {
    forgetService(host, service)
  }
}

/**
 * Runs a program inside the running service. Resolves whatever its exit code is. Throws `docker/container-missing`
 * and `docker/container-not-running`. What is ended by its time limit goes on inside the container: for long work
 * take `runBeside`.
 */
export async function runInService(
  host: Host,
  service: ServiceAddress,
  argv: Argv,
  options: ExecOptions = {},
): Promise<Finished> {
  const cli = service.commands?.cli
  if (cli !== undefined) return host.exec([...cli, ...argv], options)
  const finished = await askEngine(host, service, ["exec", "--interactive", containerOf(service), ...argv], options)
  if (finished.exitCode !== 1) return finished
  if (/^Error.*no such container/i.test(finished.stderr)) throw await containerMissing(host, service)
  if (/is not running|is paused/.test(finished.stderr) && !(await isRunning(host, service))) {
    throw notRunning(host, service)
  }
  return finished
}

async function isRunning(host: Host, service: ServiceAddress): Promise<boolean> {
  return (await inspectService(host, service)).isRunning
}

function notRunning(host: Host, service: ServiceAddress): Refusal {
  const container = containerOf(service)
  return new Refusal({
    code: "docker/container-not-running",
    what: `The container ${container} is not running`,
    where: { host: host.name, container },
    meaning: "Nothing was changed.",
    next: `Start it (\`docker start ${container}\`); if it does not stay up, \`docker logs ${container}\` says why.`,
  })
}
