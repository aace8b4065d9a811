import { renderTable } from "../../components/report/table.ts"
import { distributionOf } from "./distribution.ts"
import type { FileFigures } from "./measure-file.ts"

export interface RoomFigures {
  readonly name: string
  readonly files: readonly FileFigures[]
  readonly cycles: readonly (readonly string[])[]
}

/** What no file and no function should be larger than. */
export const limits = { fileLines: 350, functionLines: 70 } as const

const columns = [
  "",
  "files",
  "lines a file",
  "functions",
  "lines a function",
  "nesting",
  "parameters",
  "comments",
  "import cycles",
]

/** A line a room; three figures are median / p90 / largest. */
export function renderFigures(rooms: readonly RoomFigures[]): string {
  const numbers = columns.map((_, column) => column).slice(1)
  return `${renderTable(columns, rooms.map(rowOf), { right: numbers })}\n\nThree figures: median / p90 / largest.`
}

function rowOf({ name, files, cycles }: RoomFigures): readonly string[] {
  const functions = files.flatMap((file) => file.functions)
  const sum = (key: "lines" | "commentLines") => files.reduce((total, file) => total + file[key], 0)
  return [
    name,
    String(files.length),
    inThree(files.map(({ lines }) => lines)),
    String(functions.length),
    inThree(functions.map(({ lines }) => lines)),
    inThree(functions.map(({ nesting }) => nesting)),
    inThree(functions.map(({ parameters }) => parameters)),
    `${Math.round((100 * sum("commentLines")) / Math.max(1, sum("lines")))} %`,
    String(cycles.length),
  ]
}

function inThree(values: readonly number[]): string {
  const { median, p90, max } = distributionOf(values)
  return `${median} / ${p90} / ${max}`
}

/** Names what is over a limit, and every circle of imports. */
export function renderOutsize(rooms: readonly RoomFigures[]): string {
  const files = rooms.flatMap((room) => room.files)
  const long = files.filter(({ lines }) => lines > limits.fileLines).map(({ path, lines }) => `${path}: ${lines}`)
  const functions = files.flatMap(({ path, functions: all }) =>
    all.filter(({ lines }) => lines > limits.functionLines).map(({ name, lines }) => `${name} in ${path}: ${lines}`),
  )
  const cycles = rooms.flatMap((room) => room.cycles.map((circle) => circle.join(", ")))
  return [
    listed(`Files over ${limits.fileLines} lines`, long),
    listed(`Functions over ${limits.functionLines} lines`, functions),
    listed("Files that import each other", cycles),
  ].join("\n")
}

function listed(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? `${title}: none.` : `${title}:\n${entries.map((entry) => `  ${entry}`).join("\n")}`
}
