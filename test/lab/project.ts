import { copyFile, mkdir, symlink } from "node:fs/promises"
import { join, resolve } from "node:path"

/** What a Pulumi run reads of the checkout, besides the stack's own config. */
const linked = ["index.ts", "components", "node_modules", "package.json"]

const checkout = resolve(import.meta.dirname, "../..")

/**
 * A project folder of its own for one stack: the program is the checkout's, by links; the stack's config is the run's,
 * so that a run leaves nothing in the checkout and two runs do not meet.
 */
export async function makeProject(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await copyFile(join(checkout, "Pulumi.yaml"), join(folder, "Pulumi.yaml"))
  for (const name of linked) await symlink(join(checkout, name), join(folder, name))
}

/** The checkout's example of a lab: what `pulumi up -s staging` goes by. */
export const stagingExample = join(checkout, "Pulumi.staging.yaml")
