import { text } from "node:stream/consumers"
import { z } from "zod"
import { askService } from "../host/ask-service.ts"
import type { Argv, Host } from "../host/host.ts"
import { inspectService } from "../host/inspection.ts"
import { mountsFileItself } from "../host/mounted-paths.ts"
import { openHost } from "../host/open-host.ts"
import { restartService, runInService } from "../host/service.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { proveCleanLogs } from "../mas/clean-logs.ts"
import { restartMas } from "../mas/mas-running.ts"
import { describeError } from "../report/describe-error.ts"
import { waitForSynapse } from "../synapse/synapse-address.ts"

/**
 * Restarts or reloads a service after its files were written, if it has to: what began after the last write has read it
 * already. Run by @pulumi/command; what to do comes as JSON on standard input. Prints one line of what was done.
 */
const word = z.string()
const argv = z.tuple([word], word)
const service = z.object({
  name: word,
  container: word.exactOptional(),
  commands: z.partialRecord(z.enum(["cli", "start", "stop", "restart", "logs"]), argv).exactOptional(),
})
const common = { host: z.object({ kind: z.literal("local") }), service }
const task = z.discriminatedUnion("restart", [
  z.object({ ...common, restart: z.literal("mas"), files: z.array(word), endpoint: word, cleanLogSeconds: z.number() }),
  z.object({ ...common, restart: z.literal("synapse"), endpoint: word, masEndpoint: word, mas: service }),
  z.object({ ...common, restart: z.literal("nginx"), files: z.array(word), reload: argv.exactOptional() }),
  z.object({ ...common, restart: z.literal("element"), files: z.array(word) }),
])

type Task = z.infer<typeof task>
type Say = (line: string) => void

async function run(wanted: Task): Promise<string> {
  const host = openHost(wanted.host)
  const address = wanted.service as ServiceAddress
  const say = (line: string) => process.stderr.write(`${line}\n`)
  if (wanted.restart === "nginx") return reload(host, address, wanted)
  if (wanted.restart === "synapse") return refreshMetadata(host, wanted, say)
  if (await hasReadThem(host, address, wanted.files)) return `${address.name} has read its files already`
  if (wanted.restart === "element") {
    await restartService(host, address)
    return `${address.name} restarted`
  }
  const since = new Date()
  await restartMas(host, { service: address, endpoint: wanted.endpoint }, say)
  await proveCleanLogs(host, address, { since, seconds: wanted.cleanLogSeconds })
  return `${address.name} restarted; ${wanted.cleanLogSeconds} s of clean logs`
}

/** Whether the service began after the last of these files was written. */
async function hasReadThem(host: Host, address: ServiceAddress, files: readonly string[]): Promise<boolean> {
  if (address.commands?.restart !== undefined) return false
  const { startedAt, isRunning } = await inspectService(host, address)
  const writes = await Promise.all(files.map(async (file) => (await host.stat(file)).modifiedAt))
  return isRunning && startedAt !== undefined && writes.every((write) => write < startedAt)
}

/** A reload reads the files anew, unless the container mounts one by itself: then it sees the old one until it restarts. */
async function reload(
  host: Host,
  address: ServiceAddress,
  wanted: Extract<Task, { restart: "nginx" }>,
): Promise<string> {
  if (wanted.reload === undefined && (await seesOldFiles(host, address, wanted.files))) {
    await restartService(host, address)
    return `${address.name} restarted`
  }
  const command: Argv = ["nginx", "-s", "reload"]
  const { exitCode, stderr } = await (wanted.reload ? host.exec(wanted.reload) : runInService(host, address, command))
  if (exitCode !== 0) throw new Error(`${address.name} did not reload: ${stderr.trim()}`)
  return `${address.name} reloaded`
}

async function seesOldFiles(host: Host, address: ServiceAddress, files: readonly string[]): Promise<boolean> {
  const inspection = await inspectService(host, address)
  return files.some((file) => mountsFileItself(inspection, file))
}

/** Synapse keeps MAS's metadata for as long as it runs (seen with 1.163.2): where it tells an old issuer, it restarts. */
async function refreshMetadata(host: Host, wanted: Extract<Task, { restart: "synapse" }>, say: Say): Promise<string> {
  const synapse = { service: wanted.service as ServiceAddress, endpoint: wanted.endpoint }
  const mas = { service: wanted.mas as ServiceAddress, endpoint: wanted.masEndpoint }
  const told = await askService(host, synapse, { path: "/_matrix/client/v1/auth_metadata" })
  if (told.status === 404) return "synapse checks passwords itself"
  const own = await askService(host, mas, { path: "/.well-known/openid-configuration" })
  if (issuerOf(told.text) === issuerOf(own.text)) return "synapse tells MAS's issuer"
  await restartService(host, synapse.service)
  await waitForSynapse(host, synapse, say)
  return "synapse restarted: it told an old issuer"
}

function issuerOf(document: string): unknown {
  return (JSON.parse(document) as { issuer?: unknown }).issuer
}

const wanted = task.parse(JSON.parse(await text(process.stdin)))
try {
  process.stdout.write(`${await run(wanted)}\n`)
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
