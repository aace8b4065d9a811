import { cp, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { digestOf, madeOnce, type Say } from "./cache.ts"
import { built } from "./go.ts"
import { dockerPlugin } from "./go-programs.ts"
import { officialHostServes, type Pulumi } from "./pulumi.ts"
import { versions } from "./versions.ts"

const commandStandin = join(import.meta.dirname, "../standins/command")

/**
 * A PULUMI_HOME with the lab's plugins, made once for each set of them. They are installed, with their versions: one
 * that is found on PATH instead makes every run begin with a warning.
 */
export async function homeWithPlugins(pulumi: Pulumi, say: Say): Promise<string> {
  const ours = join(import.meta.dirname, dockerPlugin.folder)
  const digest = await digestOf([JSON.stringify([pulumi, versions, dockerPlugin])], [ours, commandStandin])
  return await madeOnce(`pulumi-home-${digest}`, say, async (draft) => {
    const official = pulumi.origin !== "built from Go modules" && (await officialHostServes())
    const install = { pulumi, home: draft, say, official }
    await installPlugin({ ...install, name: "docker", version: versions.dockerPlugin, make: () => dockerProgram(say) })
    await installPlugin({ ...install, name: "command", version: versions.commandPlugin, make: packedCommand })
  })
}

interface Install {
  readonly pulumi: Pulumi
  readonly home: string
  readonly say: Say
  /** Whether to try the official plugin first. */
  readonly official: boolean
  readonly name: string
  readonly version: string
  /** Makes our own, a program or an archive; the folder is for it to work in. */
  readonly make: (folder: string) => Promise<string>
}

async function installPlugin({ pulumi, home, say, official, name, version, make }: Install): Promise<void> {
  const install = (more: readonly string[], reject: boolean) =>
    execa(join(pulumi.folder, "pulumi"), ["plugin", "install", "resource", name, version, ...more], {
      env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: 600_000,
      reject,
    })
  if (official && (await install([], false)).exitCode === 0)
    return say(`installed the official ${name} plugin ${version}`)
  const folder = await mkdtemp(join(tmpdir(), "matrix-auth-plugin-"))
  try {
    await install(["--file", await make(folder)], true)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  say(`installed the lab's own ${name} plugin ${version}`)
}

async function dockerProgram(say: Say): Promise<string> {
  return join(await built(dockerPlugin, say), dockerPlugin.program)
}

// Copied, not linked: the checkout it comes from may go before the cache does.
async function packedCommand(folder: string): Promise<string> {
  const archive = join(folder, "command.tar.gz")
  const plugin = join(folder, "command")
  await cp(commandStandin, plugin, { recursive: true })
  await writeFile(join(plugin, "package.json"), '{ "private": true, "type": "module" }\n')
  await execa("tar", ["-czf", archive, "-C", plugin, "."])
  return archive
}
