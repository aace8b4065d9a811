import { commandProvider } from "./command-provider.ts"
import { engineLog } from "./engine-log.ts"
import { projectSdk } from "./project-sdk.ts"

const args = process.argv.slice(2)
// The engine puts its own address last.
const provider = commandProvider(engineLog(args.at(-1)))
await projectSdk<typeof import("@pulumi/pulumi/provider/index.js")>("@pulumi/pulumi/provider").main(provider, args)
