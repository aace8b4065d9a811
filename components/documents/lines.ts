import { lineStart } from "./tree.ts"

/** Lines and columns of a text, found by where its lines begin rather than by reading it from the start each time. */
export class Lines {
  private readonly text: string
  private readonly breaks: number[] = []

  constructor(text: string) {
    this.text = text
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.breaks.push(at)
  }

  /** Both from 1; the column in UTF-16 code units. */
  at(offset: number): { line: number; column: number } {
    let [low, high] = [0, this.breaks.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.breaks[middle] as number) < offset) low = middle + 1
      else high = middle
    }
    return { line: low + 1, column: Math.max(offset - lineStart(this.text, offset), 0) + 1 }
  }
}
