import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { installDebianPackages } from "../toolchain/debian-packages.ts"
import { programsOnPath } from "../toolchain/on-path.ts"
import type { ImageOptions } from "./images.ts"
import { prepareOnce } from "./recipe.ts"

/** Debian's release under every local image. */
const release = "bookworm"
/** Part of the tag: raise it when `makeRoot` makes something else. */
const revision = 1

/** A minimal Debian, made by debootstrap where no registry has one for us. Needs root. */
export async function prepareBase(options: ImageOptions): Promise<string> {
  const reference = `matrix-auth-lab/base:${release}-${revision}`
  return prepareOnce(reference, options, async () => {
    await findDebootstrap(options)
    const root = await mkdtemp(join(tmpdir(), "image-base-"))
    try {
      await makeRoot(root)
      // An imported image starts with nothing said about it, PATH included.
      const path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
      const reading = execa("tar", ["-C", root, "-c", "."], { buffer: false })
      await reading.pipe(options.docker, ["import", "--change", path, "-", reference], {
        env: options.environment ?? {},
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
}

async function makeRoot(root: string): Promise<void> {
  const mirror = await ownMirror()
  await execa("debootstrap", ["--variant=minbase", release, root, ...(mirror ? [mirror] : [])])
  // Documentation and downloaded packages make up a third of it, and nobody reads or installs them there.
  for (const litter of [
    "var/cache/apt/archives",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
  ]) {
    await rm(join(root, litter), { recursive: true, force: true })
  }
  await execa("mkdir", ["-p", join(root, "var/cache/apt/archives/partial"), join(root, "var/lib/apt/lists/partial")])
}

/** Where this machine takes its own Debian packages from. None: debootstrap knows a place of its own. */
async function ownMirror(): Promise<string | undefined> {
  const sources = await readFile("/etc/apt/sources.list.d/debian.sources", "utf8").catch(() => "")
  return sources.match(/^URIs:\s*(\S+)/m)?.[1]
}

async function findDebootstrap({ say = () => {} }: ImageOptions): Promise<void> {
  if (programsOnPath("debootstrap").length > 0) return
  const purpose = "debootstrap, to make images where no registry hands them out,"
  await installDebianPackages(["debootstrap", "debian-archive-keyring"], purpose, say)
}
