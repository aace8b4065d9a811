import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { parse, stringify } from "yaml"
import type { CrashLab } from "./crash-lab.ts"

/** Where the stack's config is. */
export function configOf({ project, stack }: CrashLab): string {
  return join(project, `Pulumi.${stack}.yaml`)
}

/** Sets keys of the stack's config, without namespace, as somebody would with an editor. */
export async function configure(lab: CrashLab, values: Readonly<Record<string, unknown>>): Promise<void> {
  const stored = parse(await readFile(configOf(lab), "utf8")) as { config: Record<string, unknown> }
  const own = Object.fromEntries(Object.entries(values).map(([key, value]) => [`matrix-auth:${key}`, value]))
  await writeFile(configOf(lab), stringify({ ...stored, config: { ...stored.config, ...own } }))
}
