import { text } from "node:stream/consumers"
import { setTimeout as pause } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { z } from "zod"
import { lookWhatRuns, withTheFile } from "../files/running.ts"
import { asTheFile, lookWhatIsServed, type ServedDocument } from "../files/served.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import type { Host } from "../host/host.ts"
import type { HttpAnswer } from "../host/http.ts"
import { openHost } from "../host/open-host.ts"
import { restartService } from "../host/service.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { describeAnswer } from "../login-surface/describe-answer.ts"
import { fieldsIn } from "../login-surface/judge.ts"
import { proveCleanLogs } from "../mas/clean-logs.ts"
import { restartMas } from "../mas/mas-running.ts"
import { describeError } from "../report/describe-error.ts"
import { print, printAside } from "../report/printing.ts"
import { Refusal } from "../report/refusal.ts"
import { waitForSynapse } from "../synapse/synapse-address.ts"
import { reloadProxy } from "../web/reload-proxy.ts"

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
  z.object({
    ...common,
    restart: z.literal("mas"),
    config: word,
    keptAt: word,
    endpoint: word,
    cleanLogSeconds: z.number(),
  }),
  z.object({ ...common, restart: z.literal("synapse"), endpoint: word, masEndpoint: word, mas: service }),
  z.object({ ...common, restart: z.literal("nginx"), file: word, url: word, reload: argv.exactOptional() }),
  z.object({ ...common, restart: z.literal("element"), file: word, url: word }),
])

type Task = z.infer<typeof task>
type Doing<Name extends Task["restart"]> = Extract<Task, { restart: Name }>
type Say = (line: string) => void

async function run(wanted: Task): Promise<string> {
  const host = openHost(wanted.host)
  const address = wanted.service as ServiceAddress
  const say = printAside
  if (wanted.restart === "nginx") return serveAnew(host, address, wanted)
  if (wanted.restart === "element") return serveAfterRestart(host, address, wanted)
  if (wanted.restart === "synapse") return refreshMetadata(host, wanted, say)
  return restartForConfig(host, address, wanted, say)
}

async function restartForConfig(
  host: Host,
  address: ServiceAddress,
  { config, keptAt, endpoint, cleanLogSeconds }: Doing<"mas">,
  say: Say,
): Promise<string> {
  const file = { path: config, dialect: "yaml12", keptAt } as const
  const runs = await lookWhatRuns(host, address, file)
  // The engine may have just started it once more, as it does with one that ended at each start.
  if (runs === withTheFile && (await answers(host, { service: address, endpoint })))
    return `${address.name} runs with its files already`
  const since = new Date()
  await restartMas(host, { service: address, endpoint, config, keptAt }, say)
  await proveCleanLogs(host, address, { since, seconds: cleanLogSeconds })
  return `${address.name} restarted; ${cleanLogSeconds} s of clean logs`
}

async function answers(host: Host, mas: WebService): Promise<boolean> {
  try {
    return (await askService(host, mas, { path: "/.well-known/openid-configuration" })).status === 200
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

async function serveAnew(host: Host, address: ServiceAddress, { file, url, reload }: Doing<"nginx">): Promise<string> {
  const how = await reloadProxy(host, { service: address, ...(reload === undefined ? {} : { reload }) }, [file])
  await demandServed(host, { file, url })
  return `${address.name} ${how}`
}

/** Element's site hands out its file as it lies there, unless the container mounts it by itself. */
async function serveAfterRestart(host: Host, address: ServiceAddress, { file, url }: Doing<"element">) {
  const seen = await lookWhatIsServed(host, { file, url }).catch(unlessOver(Number.POSITIVE_INFINITY))
  if (seen === asTheFile) return `${address.name} serves its file already`
  await restartService(host, address)
  await demandServed(host, { file, url })
  return `${address.name} restarted`
}

const settleSeconds = 60

async function demandServed(host: Host, document: ServedDocument): Promise<void> {
  const end = performance.now() + settleSeconds * 1000
  while (true) {
    const seen = await lookWhatIsServed(host, document).catch(unlessOver(end))
    if (seen === asTheFile) return
    if (performance.now() > end) throw servedOtherwise(host, document, seen)
    await pause(1000)
  }
}

/** A site that has just been restarted does not answer for a while. */
function unlessOver(end: number) {
  return (error: unknown): string => {
    if (!(error instanceof Refusal) || performance.now() > end) throw error
    return "not at all"
  }
}

function servedOtherwise(host: Host, { file, url }: ServedDocument, seen: string): Refusal {
  return new Refusal({
    code: "web/served-otherwise",
    what: `After a reload, ${url} is served ${seen}`,
    where: { host: host.name, file, url },
    meaning: "The file is as it should be, and clients do not get it.",
    next: "Look which file the site serves at that address, and for a cache before it; then `pulumi up`.",
  })
}

/** Synapse keeps MAS's metadata for as long as it runs (seen with 1.163.2): where that is old, it restarts. */
async function refreshMetadata(host: Host, wanted: Extract<Task, { restart: "synapse" }>, say: Say): Promise<string> {
  const synapse = { service: wanted.service as ServiceAddress, endpoint: wanted.endpoint }
  const mas = { service: wanted.mas as ServiceAddress, endpoint: wanted.masEndpoint }
  const told = await askService(host, synapse, { path: "/_matrix/client/v1/auth_metadata" })
  if (told.status === 404) return "synapse checks passwords itself"
  const own = await askService(host, mas, { path: "/.well-known/openid-configuration" })
  const [ofSynapse, ofMas] = [metadataIn(told), metadataIn(own)]
  if (ofMas === undefined) throw noMetadata(host, mas, own)
  if (ofSynapse === undefined) throw noMetadata(host, synapse, told)
  if (isDeepStrictEqual(ofSynapse, ofMas)) return "synapse tells what MAS tells"
  await restartService(host, synapse.service)
  await waitForSynapse(host, synapse, say)
  return "synapse restarted: it told what MAS told before"
}

/** `undefined`: what was answered is no metadata, as with a proxy's error page. */
function metadataIn({ status, text: body }: HttpAnswer): unknown {
  return status === 200 ? fieldsIn(body) : undefined
}

function noMetadata(host: Host, { service: asked, endpoint }: WebService, answer: HttpAnswer): Refusal {
  return new Refusal({
    code: asked.name === "mas" ? "mas/answers-otherwise" : "synapse/answers-otherwise",
    what: `${asked.name} does not tell MAS's metadata (${describeAnswer(answer)})`,
    where: { host: host.name, url: endpoint },
    meaning: "Whether clients are told what MAS tells cannot be said. Synapse was not restarted.",
    next: "See that MAS and Synapse run, that `mas.endpoint` is MAS itself, and what their logs say; then `pulumi up`.",
  })
}

async function readTask(): Promise<Task> {
  try {
    return task.parse(JSON.parse(await text(process.stdin)))
  } catch (cause) {
    throw new Error("what to restart has to come on standard input, as this program's own resources write it", {
      cause,
    })
  }
}

try {
  print(await run(await readTask()))
} catch (error) {
  printAside(describeError(error))
  process.exitCode = 1
}
