import { delimiter, dirname, join } from "node:path"
import type { Say } from "./cache.ts"
import { findOrStartDocker } from "./docker.ts"
import { pathFolders } from "./on-path.ts"
import { homeWithPlugins } from "./plugins.ts"
import { findOrMakePulumi, type Pulumi } from "./pulumi.ts"

/** Where programs of this checkout are kept compiled, once for all processes; gone with `npm ci`. */
export const compileCache = join(import.meta.dirname, "../../../node_modules/.cache/compiled")

/** Everything a Pulumi run of the lab stands on. */
export interface Toolchain {
  /**
   * Lay it over a process's environment. PATH begins with this Node, Pulumi and a Docker client that reaches the
   * engine; PULUMI_HOME holds the plugins; the programs of this checkout are compiled once for all runs. Backend,
   * passphrase and stack are the run's own.
   */
  readonly environment: Readonly<Record<string, string>>
  /** Path of that client. */
  readonly dockerCli: string
  readonly pulumi: Pulumi
}

/**
 * Finds or makes it all: Pulumi (on PATH, downloaded, or built from Go modules), its plugins, and a Docker engine.
 * Minutes the first time on a machine, under a second from then on. Runs side by side wait for each other.
 */
export async function prepareToolchain(say: Say = () => {}): Promise<Toolchain> {
  const docker = await findOrStartDocker(say)
  const pulumi = await findOrMakePulumi(say)
  const home = await homeWithPlugins(pulumi, say)
  const first = [dirname(process.execPath), pulumi.folder, ...(docker.folder ? [docker.folder] : [])]
  return {
    environment: {
      PATH: [...new Set([...first, ...pathFolders()])].join(delimiter),
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // A fifth of the processor's time of an `up` goes into compiling the same modules in every process again.
      NODE_COMPILE_CACHE: compileCache,
      ...docker.environment,
    },
    dockerCli: docker.cli,
    pulumi,
  }
}
