import { resolve } from "node:path"
import { findCycles } from "./figures/import-cycles.ts"
import { measureFile } from "./figures/measure-file.ts"
import { renderFigures, renderOutsize } from "./figures/render-figures.ts"
import { readSources } from "./figures/source-files.ts"

/** Prints how large the code is and how it hangs together: `npm run figures`. Numbers to look at; none of them fails a run. */
const root = resolve(import.meta.dirname, "..")
const rooms = await Promise.all(
  ["components", "test"].map(async (name) => {
    const sources = await readSources(root, name)
    return { name, files: sources.map(measureFile), cycles: findCycles(sources) }
  }),
)
process.stdout.write(`${renderFigures(rooms)}\n\n${renderOutsize(rooms)}\n`)
