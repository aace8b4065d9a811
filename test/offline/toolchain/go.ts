import { chmod, glob, mkdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import semver from "semver"
import { digestOf, madeOnce, type Say } from "./cache.ts"
import { installDebianPackages } from "./debian-packages.ts"
import { programsOnPath } from "./on-path.ts"
import { versions } from "./versions.ts"

/** A program built from Go modules, pinned by the go.mod and go.sum of a folder beside this file. */
export interface GoProgram {
  /** For people. */
  readonly title: string
  /** Name of the folder, and of what is built in the cache. */
  readonly folder: "cli" | "language-host" | "docker-plugin" | "actionlint"
  readonly package: string
  readonly program: string
  readonly flags?: readonly string[]
  /** Files to put beside the program: paths inside a module of the build, by their names there. */
  readonly beside?: { readonly module: string; readonly path: string }
}

// Neither a C compiler, nor the user's own workspace, nor a newer toolchain than the one chosen may take part.
const buildEnvironment = { CGO_ENABLED: "0", GOWORK: "off", GOTOOLCHAIN: "local" }

/** Builds it, once for each content of its folder. Returns the folder of the cache that holds it. */
export async function built(program: GoProgram, say: Say): Promise<string> {
  const source = join(import.meta.dirname, program.folder)
  const digest = await digestOf([process.platform, process.arch, JSON.stringify(program)], [source])
  return await madeOnce(`built/${program.folder}-${digest}`, say, async (draft) => {
    search ??= findGo(say)
    const go = await search
    const env = { ...buildEnvironment, PATH: `${join(go, "..")}:${process.env.PATH}` }
    const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", ...(program.flags ?? [])]
    const output = join(draft, program.program)
    await toldWhileWorking(`building ${program.title} from Go modules`, say, () =>
      execa(go, ["build", ...flags, "-o", output, program.package], { cwd: source, env }),
    )
    if (program.beside) await copyFromModule({ go, source, draft, beside: program.beside })
  })
}

interface ModuleFile {
  readonly go: string
  readonly source: string
  readonly draft: string
  readonly beside: NonNullable<GoProgram["beside"]>
}

async function copyFromModule({ go, source, draft, beside }: ModuleFile): Promise<void> {
  const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", beside.module]
  const { stdout: folder } = await execa(go, list, { cwd: source, env: buildEnvironment })
  await execa("install", ["-m", "755", join(folder, beside.path), draft])
}

/** Says what is being done, and every so often that it still is. */
export async function toldWhileWorking<T>(title: string, say: Say, work: () => Promise<T>): Promise<T> {
  const start = Date.now()
  const elapsed = () => {
    const seconds = Math.round((Date.now() - start) / 1000)
    return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  }
  say(`${title} …`)
  const beat = setInterval(() => say(`${title}: ${elapsed()} so far`), 30_000)
  try {
    const result = await work()
    say(`${title}: done in ${elapsed()}`)
    return result
  } finally {
    clearInterval(beat)
  }
}

// One search for all the builds of a run.
let search: Promise<string> | undefined

/** A Go that is new enough: on PATH, or the pinned one fetched as a module by whatever Go there is. */
async function findGo(say: Say): Promise<string> {
  for (const go of programsOnPath("go")) {
    if (semver.gte((await goVersion(go)) ?? "0.0.0", versions.goAtLeast)) return go
  }
  return join(await pinnedGo(say), "bin/go")
}

async function goVersion(go: string): Promise<string | undefined> {
  const { stdout } = await execa(go, ["env", "GOVERSION"], { env: { GOTOOLCHAIN: "local" }, reject: false })
  return semver.coerce(stdout)?.version
}

// Go publishes its toolchains as modules, and any `go` that knows modules can fetch (and verify) one.
async function pinnedGo(say: Say): Promise<string> {
  return await madeOnce(`go-${versions.go}`, say, async (draft) => {
    if (programsOnPath("go").length === 0) await installDebianPackages(["golang-go"], "Go", say)
    const [go = "go"] = programsOnPath("go")
    const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`
    const module = `golang.org/toolchain@v0.0.1-go${versions.go}.${platform}`
    const modules = join(draft, "modules")
    await mkdir(modules)
    const { stdout } = await toldWhileWorking(`fetching Go ${versions.go} through the module proxy`, say, () =>
      execa(go, ["mod", "download", "-modcacherw", "-json", module], {
        cwd: modules,
        env: { GOMODCACHE: modules, GOTOOLCHAIN: "local", GO111MODULE: "on", GOWORK: "off" },
      }),
    )
    const { Dir } = JSON.parse(stdout) as { Dir: string }
    // A module's zip carries no permissions.
    for await (const program of glob("{bin/*,pkg/tool/*/*}", { cwd: Dir })) await chmod(join(Dir, program), 0o755)
    for await (const part of glob("*", { cwd: Dir })) await rename(join(Dir, part), join(draft, part))
    await rm(modules, { recursive: true, force: true })
  })
}
