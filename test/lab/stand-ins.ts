import { existsSync } from "node:fs"
import { join } from "node:path"
import { versions } from "../offline/toolchain/versions.ts"
import type { Lab } from "./lab.ts"

/** The parts of a lab that are not the real ones, for lack of them in the registries that can be reached. */
export function standInsOf({ images, environment }: Pick<Lab, "images" | "environment">): readonly string[] {
  const parts = (["mas", "element"] as const).filter((name) => images[name].startsWith(`matrix-auth-lab/${name}:`))
  const plugin = join(environment.PULUMI_HOME ?? "", "plugins", `resource-command-v${versions.commandPlugin}`)
  return existsSync(join(plugin, "command-provider.ts")) ? [...parts, "the command plugin"] : parts
}
