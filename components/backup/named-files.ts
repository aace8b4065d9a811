import { posix } from "node:path"
import { isList, isMap, type JsonValue } from "../documents/json-value.ts"
import { readDocument } from "../files/managed-file.ts"
import type { Host } from "../host/host.ts"
import { type Inspection, knownIfContainer } from "../host/inspection.ts"
import { hostPathOf } from "../host/mounted-paths.ts"
import { Refusal } from "../report/refusal.ts"
import type { ServiceFiles } from "./backup-places.ts"

/** What a service's config says about files, as paths on the host. */
export interface NamedFiles {
  /** Files and folders that it names. Not all need be there. */
  readonly named: readonly string[]
  /** Those without which the server is not itself. They are there. */
  readonly essential: readonly string[]
  /** Folders of what people have sent: left out, unless asked for. */
  readonly media: readonly string[]
  /** What the service writes by itself and misses nothing of: sockets, process ids. */
  readonly leftOut: readonly string[]
}

/** Keys whose value is a path, in homeserver.yaml and in MAS's config alike. */
const isPathKey = /(_path|_file|_files|_dir|_directory)$|^(log_config|path)$/
const mediaKeys = ["media_store_path", "uploads_path"]
const isLeftOutKey = /^pid_file$/

/**
 * Reads which files a service's config names. Paths are those of its container: one that no mount has is in the image
 * and needs no backup. Throws `backup/signing-key-unseen`.
 */
export async function readNamedFiles(host: Host, files: ServiceFiles): Promise<NamedFiles> {
  const { config, dialect, service, startedWith = [] } = files
  const inspection = await knownIfContainer(host, service)
  const onHost = (path: string) => toHost(inspection, config, path)
  const further = startedWith.flatMap((path) => onHost(path) ?? [])
  const documents = [
    await readDocument(host, { path: config, dialect }),
    ...(await Promise.all(further.map((path) => readFurther(host, path, dialect)))).flat(),
  ]
  const found = documents.flatMap((document) => [...pathsIn(document)])
  const pathsOf = (isWanted: (key: string) => boolean) =>
    found.filter(({ key }) => isWanted(key)).flatMap(({ path }) => onHost(path) ?? [])
  // Of several files the last one counts, as Synapse reads them.
  const signingKey = found.findLast(({ key }) => key === "signing_key_path")?.path
  return {
    named: [...further, ...pathsOf((key) => !mediaKeys.includes(key) && !isLeftOutKey.test(key))],
    essential: [config, ...(signingKey === undefined ? [] : [await demandKey(host, config, signingKey, onHost)])],
    media: pathsOf((key) => mediaKeys.includes(key)),
    leftOut: pathsOf((key) => isLeftOutKey.test(key)),
  }
}

/** One, or those in a folder. What cannot be read names nothing: its service says what is wrong with it. */
async function readFurther(host: Host, path: string, dialect: ServiceFiles["dialect"]): Promise<readonly JsonValue[]> {
  const { stdout } = await host.exec(["find", "-H", path, "-maxdepth", "1", "-type", "f"])
  const files = stdout.split("\n").filter((file) => file === path || /\.ya?ml$/.test(file))
  const read = files.sort().map(async (file) => {
    try {
      return [await readDocument(host, { path: file, dialect })]
    } catch (error) {
      if (error instanceof Refusal) return []
      throw error
    }
  })
  return (await Promise.all(read)).flat()
}

interface NamedPath {
  readonly key: string
  readonly path: string
}

/** Every text below a key that is for paths, lists included. */
function* pathsIn(value: JsonValue, key = ""): Generator<NamedPath> {
  if (typeof value === "string" && isPathKey.test(key) && value !== "") yield { key, path: value }
  if (isList(value)) for (const part of value) yield* pathsIn(part, key)
  if (isMap(value)) for (const [below, part] of Object.entries(value)) yield* pathsIn(part, below)
}

/** A relative path is read from the service's working directory; outside of containers nobody knows that: the config's. */
function toHost(inspection: Inspection | undefined, config: string, path: string): string | undefined {
  if (inspection === undefined) return posix.resolve(posix.dirname(config), path)
  return hostPathOf(inspection, posix.resolve(inspection.workingDirectory || "/", path))
}

async function demandKey(
  host: Host,
  config: string,
  path: string,
  onHost: (path: string) => string | undefined,
): Promise<string> {
  const there = onHost(path)
  if (there !== undefined && (await host.exec(["test", "-f", there])).exitCode === 0) return there
  throw new Refusal({
    code: "backup/signing-key-unseen",
    what: `The signing key ${path} is not to be found on the host${there === undefined ? ": no mount has it" : ""}`,
    where: { host: host.name, file: there ?? config, keyPath: "signing_key_path" },
    meaning:
      "Without that key the server would be another one to all others. There is no new backup; nothing was changed.",
    next: "Let the container mount the folder of the key from the host, or correct `signing_key_path`, then run again.",
  })
}
