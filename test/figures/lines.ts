import type { Source } from "./source-files.ts"

/** The line of an offset, from 0. */
export function lineOf(source: Source, offset: number): number {
  return source.getLineAndCharacterOfPosition(offset).line
}

/** Lines of a text; a line break at the end begins no further one. */
export function countLines(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length
}
