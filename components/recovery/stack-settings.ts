import { readFile } from "node:fs/promises"
import { z } from "zod"
import { storedConfig } from "../config/raw.ts"
import { readSettings } from "../config/read-settings.ts"
import type { Settings } from "../config/settings.ts"
import { parseDocument } from "../documents/parse.ts"
import { stagingPlaces, stagingPrefix } from "../staging/staging-places.ts"
import { demandPulumi, printed } from "./pulumi-cli.ts"
import { noProject, otherProject } from "./recovery-refusals.ts"
import type { StackName } from "./stack-locks.ts"

const shownValue = z.object({
  value: z.string().exactOptional(),
  objectValue: z.unknown().optional(),
  secret: z.boolean().default(false),
})
const shownConfig = z.record(z.string(), shownValue)
type ShownValue = z.infer<typeof shownValue>

/** The stack by its name, without organization, and the project of the current folder. */
export async function nameStack(given: string): Promise<StackName> {
  const name = await projectName()
  const stack = given.split("/").at(-1)
  if (name === undefined || !stack) throw noProject(process.cwd(), given)
  // `organization/project/stack`, as Pulumi takes it.
  const [, project = name] = given.split("/").length === 3 ? given.split("/") : []
  if (project !== name) throw otherProject(process.cwd(), name, given)
  return { project: name, stack }
}

/** `undefined`: the current folder is no project's. */
async function projectName(): Promise<string | undefined> {
  try {
    const project = parseDocument(await readFile("Pulumi.yaml", "utf8"), "yaml12")
    const name: unknown = (project as { readonly name?: unknown } | null)?.name
    return typeof name === "string" && name !== "" ? name : undefined
  } catch {
    return undefined
  }
}

/** Reads the stack's config without running the program and without any secret. Throws `config/invalid`. */
export async function readStackSettings({ project, stack }: StackName): Promise<Settings> {
  const words = ["config", "--json"]
  const stdout = await demandPulumi(stack, words)
  const shown: Record<string, ShownValue> = printed(shownConfig, stack, words, { exitCode: 0, stdout, stderr: "" })
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
