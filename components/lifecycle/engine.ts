import grpc from "@grpc/grpc-js"
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js"
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js"
import { visible } from "../report/visible.ts"

let client: InstanceType<typeof engineGrpc.EngineClient> | undefined

/**
 * Puts a line under a resource in what the engine shows. The engine's address is the first argument of the plugin
 * process (seen with @pulumi/pulumi 3.270). A line that cannot be shown is no reason to fail the work it tells about.
 * People are not shown what is said for machines: it is in the engine's log of events (seen with Pulumi 3.259).
 */
export async function sayUnder(urn: string, line: string, to: "people" | "machines" = "people"): Promise<void> {
  const address = process.argv[2]
  if (!address) return
  client ??= new engineGrpc.EngineClient(address, grpc.credentials.createInsecure())
  const request = new engineMessages.LogRequest()
  const { INFO, DEBUG } = engineMessages.LogSeverity
  request.setSeverity(to === "people" ? INFO : DEBUG)
  request.setUrn(urn)
  request.setMessage(to === "people" ? visible(line) : line)
  await new Promise<void>((done) => client?.log(request, () => done()))
}
