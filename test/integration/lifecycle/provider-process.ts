import { spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import grpc from "@grpc/grpc-js"
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js"
import engineMessages, { type LogRequest } from "@pulumi/pulumi/proto/engine_pb.js"
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js"
import messages from "@pulumi/pulumi/proto/provider_pb.js"
import statuses from "@pulumi/pulumi/proto/status_pb.js"

/** Pulumi's own copy of what its messages are made of. */
const fromPulumi = createRequire(import.meta.resolve("@pulumi/pulumi"))
const { Struct } = fromPulumi("google-protobuf/google/protobuf/struct_pb.js")
const { LogSeverity } = engineMessages
const { Empty } = fromPulumi("google-protobuf/google/protobuf/empty_pb.js")

/** A line that the engine would show under a resource. */
export interface ShownLine {
  readonly urn: string
  readonly line: string
  /** Whether people are shown it. */
  readonly isForPeople: boolean
}

export type Values = Readonly<Record<string, unknown>>

/** Pulumi's own process for dynamic providers, called as the engine calls it, and an engine that only listens. */
export interface ProviderProcess extends AsyncDisposable {
  readonly shown: readonly ShownLine[]
  check(olds: Values, news: Values): Promise<{ readonly inputs: Values; readonly failures: readonly Failure[] }>
  create(inputs: Values): Promise<{ readonly id: string; readonly outs: Values }>
  read(id: string, state: Values): Promise<{ readonly id: string; readonly props: Values; readonly inputs: Values }>
}

export interface Failure {
  readonly property: string
  readonly reason: string
}

/** What the engine gets from a failed call. */
export interface CallFailure extends Error {
  readonly metadata: { get(key: string): readonly Buffer[] }
}

/** @param shim what the state would keep: the text of the serialised provider. */
export async function startProviderProcess(shim: string): Promise<ProviderProcess> {
  const shown: ShownLine[] = []
  const { engine, address } = await listenAsEngine(shown)
  const program = fileURLToPath(import.meta.resolve("@pulumi/pulumi/cmd/dynamic-provider/index.js"))
  const root = fileURLToPath(new URL("../../../", import.meta.url))
  const child = spawn(process.execPath, [program, address], { cwd: root, stdio: ["ignore", "pipe", "inherit"] })
  const port = await firstLine(child.stdout)
  const client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const struct = (values: Values) => Struct.fromJavaScript({ ...values, __provider: shim })
  return {
    shown,
    async check(olds, news) {
      const request = new messages.CheckRequest()
      request.setOlds(Object.keys(olds).length === 0 ? Struct.fromJavaScript({}) : struct(olds))
      request.setNews(struct(news))
      const answer = await call<messages.CheckResponse>((done) => client.check(request, done))
      const failures = answer.getFailuresList().map((one) => ({ property: one.getProperty(), reason: one.getReason() }))
      return { inputs: plain(answer.getInputs()), failures }
    },
    async create(inputs) {
      const request = new messages.CreateRequest()
      request.setProperties(struct(inputs))
      const answer = await call<messages.CreateResponse>((done) => client.create(request, done))
      return { id: answer.getId(), outs: plain(answer.getProperties()) }
    },
    async read(id, state) {
      const request = new messages.ReadRequest()
      request.setId(id)
      request.setProperties(struct(state))
      const answer = await call<messages.ReadResponse>((done) => client.read(request, done))
      return { id: answer.getId(), props: plain(answer.getProperties()), inputs: plain(answer.getInputs()) }
    },
    async [Symbol.asyncDispose]() {
      client.close()
      child.kill("SIGKILL")
      engine.forceShutdown()
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    },
  }
}

/** The resource that a failed call leaves behind: what the engine saves of what was half done. */
export function savedBy(failure: CallFailure): { readonly id: string; readonly properties: Values } | undefined {
  const [bytes] = failure.metadata.get("grpc-status-details-bin")
  const [detail] = bytes === undefined ? [] : statuses.Status.deserializeBinary(bytes).getDetailsList()
  if (detail === undefined) return undefined
  const found = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8())
  return { id: found.getId(), properties: plain(found.getProperties()) }
}

async function listenAsEngine(shown: ShownLine[]) {
  const engine = new grpc.Server()
  const log = ({ request }: { request: LogRequest }, done: (error: null, answer: object) => void) => {
    const isForPeople = request.getSeverity() !== LogSeverity.DEBUG
    shown.push({ urn: request.getUrn(), line: request.getMessage(), isForPeople })
    done(null, new Empty())
  }
  engine.addService({ log: engineGrpc.EngineService.log }, { log })
  const credentials = grpc.ServerCredentials.createInsecure()
  const port = await new Promise<number>((listening, failed) => {
    engine.bindAsync("127.0.0.1:0", credentials, (error, found) => (error ? failed(error) : listening(found)))
  })
  return { engine, address: `127.0.0.1:${port}` }
}

/** The process prints its port when it listens. */
async function firstLine(stdout: Readable): Promise<string> {
  for await (const line of createInterface(stdout)) return line
  throw new Error("the provider process ended before it listened")
}

async function call<Answer>(ask: (done: (error: Error | null, answer: Answer) => void) => unknown): Promise<Answer> {
  return new Promise((answered, failed) => ask((error, answer) => (error ? failed(error) : answered(answer))))
}

function plain(struct: { toJavaScript(): object } | undefined): Values {
  const { __provider: _, ...values } = (struct?.toJavaScript() ?? {}) as Record<string, unknown>
  return values
}
