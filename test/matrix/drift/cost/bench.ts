import { mkdir, writeFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { Command } from "commander"
import { makeLab } from "../../../lab/lab.ts"
import { goDelegated, makeDriftLab } from "../lab/drift-lab.ts"
import { measureCost } from "./measure.ts"

const { rounds } = new Command("bench:drift")
  .description("Measures what `npm run drift` costs on a clean stack, beside a plain `pulumi preview --refresh` of it.")
  .option("--rounds <number>", "how many pairs of runs", "7")
  .parse()
  .opts<{ rounds: string }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)
const file = resolve(import.meta.dirname, "../../../../out/drift-cost.json")

await using lab = await makeLab({ say })
const driftLab = await makeDriftLab(lab, say)
await goDelegated(driftLab)
const cost = await measureCost(driftLab, Number(rounds), say)
await mkdir(dirname(file), { recursive: true })
await writeFile(file, `${JSON.stringify(cost, null, 2)}\n`)
say(
  `npm run drift costs ${cost.median} x a plain preview with refresh (at most ${cost.mostTimes} x). All of it: ${file}`,
)
process.exitCode = cost.isGood ? 0 : 1
