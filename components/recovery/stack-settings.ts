import { readFile } from "node:fs/promises"
import { storedConfig } from "../config/raw.ts"
import { readSettings } from "../config/read-settings.ts"
import type { Settings } from "../config/settings.ts"
import { parseDocument } from "../documents/parse.ts"
import { stagingPlaces, stagingPrefix } from "../staging/staging-places.ts"
import { demandPulumi } from "./pulumi-cli.ts"
import type { StackName } from "./stack-locks.ts"

interface ShownValue {
  readonly value?: string
  readonly objectValue?: unknown
  readonly secret: boolean
}

/** The stack by its name, without organization, and the project of the current folder. */
export async function nameStack(given: string): Promise<StackName> {
  const { name } = parseDocument(await readFile("Pulumi.yaml", "utf8"), "yaml12") as { name?: unknown }
  return { project: String(name), stack: given.split("/").at(-1) ?? given }
}

/** Reads the stack's config without running the program and without any secret. Throws `config/invalid`. */
export async function readStackSettings({ project, stack }: StackName): Promise<Settings> {
  const shown = JSON.parse(await demandPulumi(stack, ["config", "--json"])) as Record<string, ShownValue>
  const stored = storedConfig(await readStackFile(stack), project)
  const prefix = `${project}:`
  const own = Object.entries(shown).filter(([key]) => key.startsWith(prefix))
  const raw = own.map(([key, { value, objectValue, secret }]) => {
    const name = key.slice(prefix.length)
    // Pulumi leaves it out: what is stored, encrypted, stands for it.
    return [name, secret ? stored[name] : (objectValue ?? value)] as const
  })
  const context = {
    stack,
    stored,
    secretKeys: new Set(own.filter(([, { secret }]) => secret).map(([key]) => key.slice(prefix.length))),
    stagingPlaces: (staging: Parameters<typeof stagingPlaces>[1]) =>
      stagingPlaces(stagingPrefix(project, stack), staging),
  }
  return readSettings(Object.fromEntries(raw), context).settings
}

async function readStackFile(stack: string): Promise<unknown> {
  try {
    return parseDocument(await readFile(`Pulumi.${stack}.yaml`, "utf8"), "yaml12")
  } catch {
    return undefined
  }
}
