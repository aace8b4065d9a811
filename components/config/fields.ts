import { posix } from "node:path"
import { z } from "zod"

/** What reading one value ends in: the value as we use it, perhaps with a word about what was mended, or why it cannot be. */
export type Reading<T> = { readonly value: T; readonly note?: string } | { readonly why: string }

/** A kind of value: how it is read, and how we tell people what belongs there. */
export interface Kind<T> {
  /** What belongs there, as it follows "expected": `an absolute path on the host`. */
  readonly expected: string
  /** A value that would do, as it stands in the config file. */
  readonly example: string
  readonly read: (found: unknown) => Reading<T>
}

/** What a mistake says about the place where it is; travels through zod as the parameters of a custom issue. */
export interface Complaint {
  readonly expected: string
  readonly example: string
  readonly why?: string
}

/** Where notes about what was mended go. */
export type Note = (text: string) => void

/** A key of the schema. What is missing, null or empty comes to the same, since `pulumi config` can leave either. */
export function field<T>(kind: Kind<T>, note: Note = () => {}) {
  return z.unknown().transform((found, context): T => {
    const reading = isNothing(found) ? { why: undefined } : kind.read(found)
    if ("value" in reading) {
      if (reading.note !== undefined) note(reading.note)
      return reading.value
    }
    const { expected, example } = kind
    const complaint: Complaint = { expected, example, ...(reading.why === undefined ? {} : { why: reading.why }) }
    context.addIssue({ code: "custom", params: { ...complaint } })
    return z.NEVER
  })
}

export function isNothing(found: unknown): boolean {
  return found === undefined || found === null || found === ""
}

/** A scalar as text; a list or a mapping has none, since it may bring a `toString` of its own, or none. */
export function textOf(value: unknown): string {
  return typeof value === "object" ? "" : String(value)
}

function textKind(expected: string, example: string, whyNot: (text: string) => string | undefined): Kind<string> {
  const read = (found: unknown): Reading<string> => {
    if (typeof found !== "string") return { why: "it is no text" }
    const why = whyNot(found)
    return why === undefined ? { value: found } : { why }
  }
  return { expected, example, read }
}

/** In the one spelling that it has: without empty steps, `.` and a slash at the end. */
export function absolutePath(example: string): Kind<string> {
  const text = textKind("an absolute path on the host", example, (path) => {
    if (!path.startsWith("/")) return "a path is read on the host, where there is no current folder"
    if (unseen.test(path)) return "it holds a control character"
    if (path.split("/").includes("..")) return "write it without .."
    return onlySpelling(path) === "/" ? "it is the whole disk" : undefined
  })
  const read = (found: unknown): Reading<string> => {
    const reading = text.read(found)
    return "value" in reading ? { value: onlySpelling(reading.value) } : reading
  }
  return { ...text, read }
}

/** Characters that nobody sees, and that something may obey. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** A path on the host as it is compared with others. */
export function onlySpelling(path: string): string {
  const plain = posix.normalize(path).replace(/^\/\/+/, "/")
  return plain.length > 1 ? plain.replace(/\/$/, "") : plain
}

/** A folder of ours: it is shut for everybody else, so it is none of the system's. */
export function ownFolder(example: string): Kind<string> {
  const path = absolutePath(example)
  const read = (found: unknown): Reading<string> => {
    const reading = path.read(found)
    if ("why" in reading || reading.value.lastIndexOf("/") > 0) return reading
    return { why: "it is a folder of the system: name one below it" }
  }
  return { ...path, expected: "the absolute path of a folder of our own on the host", read }
}

export function filePath(example: string): Kind<string> {
  const path = absolutePath(example)
  const read = (found: unknown): Reading<string> =>
    typeof found === "string" && /\/\.?$/.test(found) ? { why: "it names a folder" } : path.read(found)
  return { ...path, expected: "the absolute path of a file on the host", read }
}

/** A folder on the machine on which this runs. */
export function folderHere(example: string): Kind<string> {
  return textKind("a folder on this machine, absolute or within the project", example, (text) => {
    if (/\p{Cc}/u.test(text)) return "it holds a control character"
    if (text.startsWith("~")) return "no shell reads it: write the home folder out"
    return text.split("/").includes("..") ? "write it without .." : undefined
  })
}

/** A file on the machine that runs Pulumi. */
export function ownPath(example: string): Kind<string> {
  return textKind("the path of a file on this machine, below the project or absolute", example, (text) => {
    if (text.endsWith("/")) return "it names a folder"
    return /\p{Cc}/u.test(text) ? "it holds a control character" : undefined
  })
}

/** Why something was decided, for those who read it later. */
export function reason(example: string): Kind<string> {
  return textKind("a reason, in a sentence", example, (text) =>
    text.trim().split(/\s+/).length < 3 ? "nobody could tell later why" : undefined,
  )
}

/** The name of a container, as the engine takes it. */
export function containerName(example: string): Kind<string> {
  return textKind("the name of a container", example, (text) =>
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(text) ? undefined : "a container's name has letters, digits, _, . and - only",
  )
}

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  const expected = values.length === 1 ? `${values[0]}` : `one of ${values.join(", ")}`
  const read = (found: unknown): Reading<T> => {
    const value = values.find((candidate) => candidate === found)
    return value === undefined ? { why: "there is no such choice" } : { value }
  }
  return { expected, example: `${values[0]}`, read }
}

/** True or false; as text, too, since Pulumi hands scalar config values over as text. */
export const yesOrNo: Kind<boolean> = {
  expected: "true or false",
  example: "true",
  read: (found) =>
    found === true || found === "true"
      ? { value: true }
      : found === false || found === "false"
        ? { value: false }
        : { why: "it is neither true nor false" },
}

export function wholeNumber(limits: { readonly least: number; readonly most: number }, example: number): Kind<number> {
  const { least, most } = limits
  const read = (found: unknown): Reading<number> => {
    const value = typeof found === "string" && /^\d+$/.test(found) ? Number(found) : found
    if (typeof value !== "number" || !Number.isInteger(value)) return { why: "it is no whole number" }
    return value < least || value > most ? { why: `it is not between ${least} and ${most}` } : { value }
  }
  return { expected: `a whole number from ${least} to ${most}`, example: String(example), read }
}

/** The port of a service. */
export const port = (example: number): Kind<number> => wholeNumber({ least: 1, most: 65535 }, example)

/** A program with its arguments, word by word: nothing here goes through a shell. */
export const argv: Kind<readonly [string, ...string[]]> = {
  expected: "a program and its arguments as a list of words (no shell reads it)",
  example: "[systemctl, restart, matrix-synapse]",
  read: (found) => {
    if (typeof found === "string") return { why: "one text would need a shell to take it apart" }
    if (!Array.isArray(found) || !found.every((word): word is string => typeof word === "string")) {
      return { why: "it is no list of words" }
    }
    const [program, ...rest] = found
    return program ? { value: [program, ...rest] } : { why: "it names no program" }
  },
}

/** A version of Element, as its `GET /version` tells it. */
export const version: Kind<string> = textKind("a version: three numbers with dots", '"1.11.50"', (text) =>
  /^\d+\.\d+\.\d+$/.test(text) ? undefined : "it does not read as three numbers with dots",
)

/** A reference to an image: never checked further than for blanks, since only an engine knows. */
export function image(example: string): Kind<string> {
  return textKind("the reference of an image", example, (text) => (/\s/.test(text) ? "it holds a blank" : undefined))
}

/** A host's name or address, without scheme and port. */
export function hostName(example: string): Kind<string> {
  return textKind("the name or address of a host, without scheme or port", example, (text) =>
    /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]*)$|^[0-9a-fA-F:]+$/.test(text) ? undefined : "it is no host's name",
  )
}

/**
 * The server name of a homeserver: the part of a user id after the colon (Matrix specification, appendix "Server
 * name"), not the address of the client API.
 */
export const serverName: Kind<string> = textKind(
  "the server name: what stands after the colon in a user id",
  "example.org",
  (text) => {
    if (text.includes("://")) return "it is an address; a server name has no scheme"
    if (text.startsWith("@")) return "it is a user id"
    if (/^\.|\.\.|\.(?:$|:)/.test(text)) return "there is nothing before or after a dot"
    if (Number(/(?<=[^:\]]|\]):(\d+)$/.exec(text)?.[1] ?? 1) > 65_535) return "there is no such port"
    const matches = /^([A-Za-z0-9][A-Za-z0-9.-]{0,254}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/.test(text)
    return matches ? undefined : "a server name has letters, digits, dots and dashes, and perhaps a port"
  },
)
