import { createHash } from "node:crypto"
import { cp, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { execa } from "execa"
import { withCacheLock } from "../toolchain/cache.ts"
import type { ImageOptions } from "./images.ts"
import { isHere } from "./official.ts"

/** What a local image is built from. */
export interface Recipe {
  /** Folder in `recipes/`, with a Dockerfile; also the image's name. */
  readonly name: string
  /** What people read in the tag: the version of the program inside. */
  readonly version: string
  /** The image that `ARG BASE` names. */
  readonly base: string
  /** Further build arguments. */
  readonly args?: Readonly<Record<string, string>>
  /** Files and folders to put into the build's folder: name there, path here. */
  readonly files?: Readonly<Record<string, string>>
  /** The same, but not part of the digest: what is big and told by `version`, or the builder's own business. */
  readonly uncounted?: Readonly<Record<string, string>>
}

const recipes = join(import.meta.dirname, "recipes")

/**
 * Builds the image unless it is here, and returns its reference. The tag holds a digest of all that goes into it, so a
 * change makes another image and an image is never built twice, however many runs ask at once.
 */
export async function cook(recipe: Recipe, options: ImageOptions): Promise<string> {
  const reference = await referenceOf(recipe)
  return prepareOnce(reference, options, async () => {
    const context = await mkdtemp(join(tmpdir(), `image-${recipe.name}-`))
    try {
      await cp(join(recipes, recipe.name), context, { recursive: true })
      for (const [name, path] of Object.entries({ ...recipe.files, ...recipe.uncounted })) {
        await cp(path, join(context, name), { recursive: true })
      }
      const args = Object.entries({ BASE: recipe.base, ...recipe.args }).flatMap(([k, v]) => [
        "--build-arg",
        `${k}=${v}`,
      ])
      // The classic builder: every engine has it, whereas BuildKit wants a plugin on newer clients.
      const env = { ...options.environment, DOCKER_BUILDKIT: "0" }
      // Registries have weak moments; what is built already is not built again.
      const build = () => execa(options.docker, ["build", "--quiet", ...args, "--tag", reference, context], { env })
      await build().catch(build)
    } finally {
      await rm(context, { recursive: true, force: true })
    }
  })
}

/** Runs `make` unless the image is here, one at a time on this machine, whichever process asks. */
export async function prepareOnce(
  reference: string,
  options: ImageOptions,
  make: () => Promise<void>,
): Promise<string> {
  if (await isHere(options, reference)) return reference
  const say = options.say ?? (() => {})
  return withCacheLock(`images/${reference.replaceAll(/[^a-z0-9.-]/g, "_")}`, say, async () => {
    if (await isHere(options, reference)) return reference
    const begun = performance.now()
    say(`building ${reference}`)
    await make()
    say(`built ${reference} in ${Math.round((performance.now() - begun) / 1000)} s`)
    return reference
  })
}

async function referenceOf(recipe: Recipe): Promise<string> {
  const hash = createHash("sha256")
  hash.update(JSON.stringify([recipe.base, recipe.args ?? {}]))
  await addTree(hash, join(recipes, recipe.name))
  for (const [name, path] of Object.entries(recipe.files ?? {}).sort()) {
    hash.update(`\0${name}`)
    await addTree(hash, path)
  }
  return `matrix-auth-lab/${recipe.name}:${recipe.version}-${hash.digest("hex").slice(0, 12)}`
}

async function addTree(hash: ReturnType<typeof createHash>, root: string): Promise<void> {
  for (const path of await filesBelow(root)) {
    hash.update(`\0${relative(root, path)}\0`)
    hash.update(await readFile(path))
  }
}

async function filesBelow(root: string): Promise<string[]> {
  if ((await stat(root)).isFile()) return [root]
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
