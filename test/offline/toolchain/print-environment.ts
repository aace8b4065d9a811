import { delimiter } from "node:path"
import { prepareToolchain } from "./toolchain.ts"

// For a shell: eval "$(npm run -s lab:env)". What is being made meanwhile is told on stderr.
const { environment } = await prepareToolchain((line) => process.stderr.write(`${line}\n`))
for (const [name, value] of Object.entries(environment)) {
  const text = name === "PATH" ? withoutThoseOfNpm(value) : value
  process.stdout.write(`export ${name}='${text.replaceAll("'", "'\\''")}'\n`)
}

// `npm run` puts folders of its own first on PATH; they are not the shell's.
function withoutThoseOfNpm(path: string): string {
  const folders = path.split(delimiter)
  return folders.filter((folder) => !/\/node_modules\/\.bin$|\/node-gyp-bin$/.test(folder)).join(delimiter)
}
