/** One step down: the key of a map, or the entry of a list that is known by one of its own keys. */
export type PathStep = string | { readonly by: string; readonly is: string }

/** Where a managed key is, from the root of the document down. The empty path is the root itself. */
export type KeyPath = readonly PathStep[]

/**
 * Reads a path as people write it: `matrix.secret`, `clients[client_id=01ABC].redirect_uris`,
 * `["org.matrix.msc2965.authentication"].issuer`. Keys that hold anything but letters, digits, `_` and `-` stand in
 * brackets, quoted as in JSON; so may the identity of a list entry.
 * @throws {SyntaxError} when the text is no path.
 */
export function parseKeyPath(text: string): KeyPath {
  const path: PathStep[] = []
  let end = 0
  for (const match of text.matchAll(steps)) {
    const { dot, key } = match.groups ?? {}
    if (key !== undefined && (dot === ".") !== path.length > 0) break
    end = match.index + match[0].length
    path.push(readStep(match.groups ?? {}, text))
  }
  if (end !== text.length || path.length === 0) throw new SyntaxError(`not a path of keys: ${text}`)
  return path
}

const steps =
  /(?<dot>\.?)(?<key>[\w-]+)|\[(?<quoted>"(?:[^"\\]|\\.)*")\]|\[(?<by>[\w-]+)=(?<is>"(?:[^"\\]|\\.)*"|[^"\]][^\]]*)\]/gy

function readStep({ key, quoted, by = "", is = "" }: Partial<Record<string, string>>, whole: string): PathStep {
  if (key !== undefined) return key
  if (quoted !== undefined) return unquote(quoted, whole)
  return { by, is: is.startsWith('"') ? unquote(is, whole) : is }
}

/** The path as people write it; `parseKeyPath` reads it back. */
export function printKeyPath(path: KeyPath): string {
  return path.map(printStep).join("").replace(/^\./, "")
}

function printStep(step: PathStep): string {
  if (typeof step === "string") return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  const is = /^[^"\]][^\]]*$/.test(step.is) ? step.is : JSON.stringify(step.is)
  return `[${step.by}=${is}]`
}

function unquote(quoted: string, whole: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    throw new SyntaxError(`not a path of keys: ${whole}`)
  }
}

export function sameStep(one: PathStep, other: PathStep): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other
  return one.by === other.by && one.is === other.is
}

/** Whether `path` is `start` or lies below it. */
export function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.length <= path.length && start.every((step, i) => sameStep(step, path[i] as PathStep))
}
