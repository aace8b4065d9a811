import { createRequire } from "node:module"
import { join } from "node:path"

/**
 * A module of the Pulumi SDK, taken from the project that the plugin serves: installed beside other plugins it has no
 * packages of its own, and the checkout it came from may be gone.
 *
 * Throws when the project, which is the current folder, has no `@pulumi/pulumi`.
 */
export function projectSdk<Sdk>(name: string): Sdk {
  return createRequire(join(process.cwd(), "package.json"))(name)
}
