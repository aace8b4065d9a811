export interface TableOptions {
  /** Columns to set flush right, by index: numbers. */
  readonly right?: readonly number[]
}

/**
 * Rows under a head, in columns as wide as their widest cell, two spaces between; no line ends in a space. A cell with
 * a line break goes on in the same column of the next line.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: TableOptions = {},
): string {
  const rule = (width: number) => "-".repeat(width)
  const lines = [head, ...rows].flatMap(spread)
  const widths = head.map((_, column) => Math.max(...lines.map((line) => lengthOf(line[column] ?? ""))))
  const heads = spread(head).length
  const drawn = lines.map((line) => drawLine(line, widths, right))
  return [...drawn.slice(0, heads), drawLine(widths.map(rule), widths, right), ...drawn.slice(heads)].join("\n")
}

/** One row as the lines that it takes. */
function spread(row: readonly string[]): readonly (readonly string[])[] {
  const cells = row.map((cell) => cell.split("\n"))
  const height = Math.max(1, ...cells.map((cell) => cell.length))
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""))
}

function drawLine(cells: readonly string[], widths: readonly number[], right: readonly number[]): string {
  const padded = widths.map((width, column) => {
    const cell = cells[column] ?? ""
    const space = " ".repeat(width - lengthOf(cell))
    return right.includes(column) ? space + cell : cell + space
  })
  return padded.join("  ").trimEnd()
}

/** In characters as people count them. Wide ones, such as Chinese, count as one. */
function lengthOf(text: string): number {
  return [...graphemes.segment(text)].length
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })
