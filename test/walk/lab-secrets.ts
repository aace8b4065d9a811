import { readFile } from "node:fs/promises"
import { parse } from "yaml"
import type { Lab } from "../lab/lab.ts"
import { passwordOf, people } from "../lab/seed/people.ts"
import type { Seeded } from "../lab/seed/seed.ts"

/** Every secret of a lab: what must stand in no output, and in the state only encrypted. */
export async function secretsOf(
  { places, clientSecret }: Pick<Lab, "places" | "clientSecret">,
  seeded?: Seeded,
): Promise<readonly string[]> {
  const texts = await Promise.all(
    [places.synapse.homeserverYaml, places.mas.config].map((path) => readFile(path, "utf8")),
  )
  const found = texts.flatMap((text) => secretsIn(parse(text)))
  const people = seeded
    ? [...seeded.sessions.map(({ accessToken }) => accessToken), seeded.asToken, ...passwords()]
    : []
  return [...new Set([...found, clientSecret, ...people])]
}

/** `secret_path` and `secret_file` only say where one is. */
const secretKeys = /secret(?!_(?:path|file)$)|password$|pepper|encryption|^key$|^uri$/

function secretsIn(value: unknown, name = ""): string[] {
  if (typeof value === "string") return secretKeys.test(name) && value.length >= 8 ? [secretPart(value)] : []
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => secretsIn(part, Array.isArray(value) ? name : key))
}

/** Of a database's URI the password, of a key its second line. */
function secretPart(value: string): string {
  return /^postgresql:\/\/[^:]*:([^@]*)@/.exec(value)?.[1] ?? value.split("\n")[1] ?? value
}

function passwords(): string[] {
  return people.map(({ localpart }) => passwordOf(localpart))
}
