import { projectSdk } from "./project-sdk.ts"

/** Shows a line at the resource while it works, and not after: what the real plugin does with a command's output. */
export type Log = (urn: string, line: string) => void

/** Lines for the engine that listens at this address. Without an address, or when it does not answer, they are dropped. */
export function engineLog(address: string | undefined): Log {
  if (!address) return () => {}
  const { EngineClient } = projectSdk<typeof import("@pulumi/pulumi/proto/engine_grpc_pb.js")>(
    "@pulumi/pulumi/proto/engine_grpc_pb",
  )
  const { LogRequest, LogSeverity } = projectSdk<typeof import("@pulumi/pulumi/proto/engine_pb.js")>(
    "@pulumi/pulumi/proto/engine_pb",
  )
  const { credentials } = projectSdk<typeof import("@grpc/grpc-js")>("@grpc/grpc-js")
  const client = new EngineClient(address, credentials.createInsecure())
  return (urn, line) => {
    const request = new LogRequest()
    request.setSeverity(LogSeverity.INFO)
    request.setUrn(urn)
    request.setMessage(line)
    request.setEphemeral(true)
    client.log(request, () => {})
  }
}
