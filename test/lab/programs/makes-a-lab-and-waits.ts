import { spawn } from "node:child_process"
import { dirname } from "node:path"
import { makeLab } from "../lab.ts"

const lab = await makeLab()
// As a run of pulumi that a test began: it ends by itself, should nobody end it.
const left = spawn("sleep", ["120"], { env: lab.environment, detached: true, stdio: "ignore" })
process.stdout.write(`${JSON.stringify({ folder: dirname(lab.project), left: left.pid })}\n`)
await lab.pulumi("version")
setInterval(() => {}, 60_000)
