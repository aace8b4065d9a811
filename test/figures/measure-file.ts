import { countCommentLines } from "./comments.ts"
import { type FunctionFigures, functionsOf } from "./functions.ts"
import { countLines } from "./lines.ts"
import type { Source } from "./source-files.ts"

export interface FileFigures {
  readonly path: string
  readonly lines: number
  readonly commentLines: number
  readonly functions: readonly FunctionFigures[]
}

export function measureFile(source: Source): FileFigures {
  return {
    path: source.fileName,
    lines: countLines(source.text),
    commentLines: countCommentLines(source),
    functions: functionsOf(source),
  }
}
