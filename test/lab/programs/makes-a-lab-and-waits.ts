import { dirname } from "node:path"
import { makeLab } from "../lab.ts"

const lab = await makeLab()
process.stdout.write(`${dirname(lab.project)}\n`)
await lab.pulumi("version")
setInterval(() => {}, 60_000)
