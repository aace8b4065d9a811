import { readdir } from "node:fs/promises"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { execa } from "execa"

/**
 * Runs the contract suite: `npm run contract`, or against another mas-cli than the stand-in with `-- --mas-cli PATH` or
 * `MAS_CLI=PATH`. What else stands on the command line goes to node's test runner.
 */
const { values, positionals } = parseArgs({ options: { "mas-cli": { type: "string" } }, allowPositionals: true })
const folder = fileURLToPath(new URL(".", import.meta.url))
const files = (await readdir(folder)).filter((file) => file.endsWith(".test.ts")).map((file) => folder + file)
const path = values["mas-cli"]
const { exitCode } = await execa(process.execPath, ["--test", ...positionals, ...files.sort()], {
  env: path === undefined ? {} : { MAS_CLI: resolve(path) },
  stdio: "inherit",
  reject: false,
})
process.exitCode = exitCode ?? 1
