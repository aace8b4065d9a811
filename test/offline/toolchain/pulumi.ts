import { createWriteStream } from "node:fs"
import { link, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { execa } from "execa"
import semver from "semver"
import { cacheFolder, digestOf, exists, madeOnce, type Say } from "./cache.ts"
import { built, toldWhileWorking } from "./go.ts"
import { cli, dockerPlugin, languageHost } from "./go-programs.ts"
import { foreignProgramsOnPath } from "./on-path.ts"
import { versions } from "./versions.ts"

/** The Pulumi CLI, with the Node language host and the dynamic-provider launcher that it looks for on PATH. */
export interface Pulumi {
  readonly origin: "on PATH" | "official download" | "built from Go modules"
  readonly version: string
  /** Holds the three programs; goes first on PATH. */
  readonly folder: string
}

const officialHost = "https://get.pulumi.com"

/** Finds Pulumi on PATH, else downloads it, else builds it. What was made once is kept, however it was made. */
export async function findOrMakePulumi(say: Say): Promise<Pulumi> {
  const found = await recentOnPath()
  if (found) return found
  const version = versions.pulumi
  const download = join(cacheFolder(), downloadName())
  const build = await buildName()
  if (await exists(download)) return { origin: "official download", version, folder: download }
  if (!(await exists(join(cacheFolder(), build))) && (await officialHostServes())) {
    const folder = await downloadOfficial(say).catch(() => say("the official download of Pulumi did not work"))
    if (folder) return { origin: "official download", version, folder }
  }
  return { origin: "built from Go modules", version, folder: await buildPulumi(build, say) }
}

/** Whether the official downloads (programs and plugins) can be reached from here. Answers within seconds. */
export async function officialHostServes(host = officialHost): Promise<boolean> {
  return fetch(archiveUrl(host), { method: "HEAD", signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  )
}

/** Fetches the official release into the cache. Returns its folder. */
export async function downloadOfficial(say: Say, host = officialHost): Promise<string> {
  return await madeOnce(downloadName(), say, async (draft) => {
    const archive = join(draft, "archive.tar.gz")
    await toldWhileWorking(`downloading Pulumi ${versions.pulumi}`, say, async () => {
      const answer = await fetch(archiveUrl(host), { signal: AbortSignal.timeout(600_000) })
      if (!answer.ok || !answer.body) throw new Error(`${archiveUrl(host)} answered ${answer.status}`)
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(archive))
    })
    await execa("tar", ["-xzf", archive, "-C", draft, "--strip-components=1"])
    await rm(archive)
    await execa(join(draft, "pulumi"), ["version"])
  })
}

function archiveUrl(host: string): string {
  return `${host}/releases/sdk/pulumi-v${versions.pulumi}-${process.platform}-${process.arch}.tar.gz`
}

function downloadName(): string {
  return `pulumi-${versions.pulumi}-${process.platform}-${process.arch}`
}

// Only with its language host beside it is it of use.
async function recentOnPath(): Promise<Pulumi | undefined> {
  const [pulumi] = foreignProgramsOnPath("pulumi")
  if (!pulumi || foreignProgramsOnPath("pulumi-language-nodejs").length === 0) return undefined
  const { stdout } = await execa(pulumi, ["version"], {
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
    reject: false,
  })
  const version = semver.clean(stdout)
  if (!version || semver.lt(version, versions.pulumi) || semver.major(version) !== semver.major(versions.pulumi))
    return undefined
  return { origin: "on PATH", version, folder: dirname(pulumi) }
}

async function buildName(): Promise<string> {
  const sources = [cli, languageHost].map((program) => join(import.meta.dirname, program.folder))
  return `built/pulumi-${await digestOf([process.arch, JSON.stringify([cli, languageHost])], sources)}`
}

async function buildPulumi(name: string, say: Say): Promise<string> {
  return await madeOnce(name, say, async (draft) => {
    // Where Pulumi has to be built, so has the plugin: one build downloads while another compiles.
    const [programs, host] = await Promise.all([built(cli, say), built(languageHost, say), built(dockerPlugin, say)])
    // Linked hard: Pulumi looks for the others beside its real place, and warns of what it finds elsewhere.
    for (const program of ["pulumi", "pulumi-resource-pulumi-nodejs"])
      await link(join(programs, program), join(draft, program))
    // A host of that age does not read the option from Pulumi.yaml (`runtime.options.typescript: false`).
    const script = `#!/bin/sh\nexec '${join(host, languageHost.program)}' -typescript=false "$@"\n`
    await writeFile(join(draft, languageHost.program), script, { mode: 0o755 })
  })
}
