import { runBeside } from "../../../../components/host/beside.ts"
import { localHost } from "../../../../components/host/local-host.ts"

const [container = "", name = ""] = process.argv.slice(2)

const finished = await runBeside(localHost, { name: container }, { name, argv: ["/bin/sleep", "600"] })
process.stdout.write(`${JSON.stringify(finished)}\n`)
