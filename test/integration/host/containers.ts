import { copyFile, mkdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { after, type TestContext } from "node:test"
import { execa } from "execa"
import { findOrStartDocker } from "../../offline/toolchain/docker.ts"

const programs = ["sh", "cat", "id", "env", "sleep", "mkdir", "touch"]

/**
 * An image of a few of this machine's own programs and what they are linked with, made without any registry; gone after
 * the test file. To be called outside of any test. Returns its name.
 */
export async function tinyImage(): Promise<string> {
  await haveDocker()
  const name = `host-room-test:${uniqueName()}`
  const folder = join(tmpdir(), uniqueName())
  try {
    for (const path of await filesOf(programs)) {
      const target = join(folder, path.startsWith("/usr/bin/") ? path.slice("/usr".length) : path)
      await mkdir(dirname(target), { recursive: true })
      await copyFile(path, target)
    }
    await mkdir(join(folder, "tmp"))
    const tar = execa("tar", ["--create", "--directory", folder, "."], { encoding: "buffer", buffer: false })
    await tar.pipe("docker", ["import", "--change", "ENV IMAGE_SAYS=hello", "-", name])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  after(() => execa("docker", ["image", "rm", "--force", name]))
  return name
}

// On a fresh machine these files are among the first that want an engine. `docker` is then the client that reaches it.
async function haveDocker(): Promise<void> {
  const { folder, environment } = await findOrStartDocker((line) => console.error(line))
  if (folder) process.env.PATH = [folder, process.env.PATH].join(delimiter)
  Object.assign(process.env, environment)
}

async function filesOf(names: readonly string[]): Promise<ReadonlySet<string>> {
  const paths = new Set<string>()
  for (const name of names) {
    const { stdout: path } = await execa("sh", ["-c", 'command -v "$1"', "sh", name])
    const { stdout: libraries } = await execa("ldd", [path])
    paths.add(path.startsWith("/bin/") ? `/usr${path}` : path)
    for (const [library] of libraries.matchAll(/\/\S+(?= \(0x)/g)) paths.add(library)
  }
  return paths
}

let named = 0

/** A name that no other run of the tests has. */
export function uniqueName(): string {
  named += 1
  return `host-room-${process.pid}-${Date.now().toString(36)}-${named}`
}

/** `docker` with these words; what it prints, without the last line end. */
export async function docker(...words: readonly string[]): Promise<string> {
  const { stdout } = await execa("docker", words)
  return stdout
}

/** Runs a container for the test, `docker run` words first, its program last; it is removed after it. Returns its name. */
export async function startContainer(
  t: TestContext,
  image: string,
  { words = [], argv }: { readonly words?: readonly string[]; readonly argv: readonly string[] },
): Promise<string> {
  const name = uniqueName()
  t.after(() => execa("docker", ["rm", "--force", "--volumes", name]))
  await docker("run", "--detach", "--name", name, ...words, image, ...argv)
  return name
}

/** A network of the test's own, removed after it. Make it before the containers that are to be on it. */
export async function createNetwork(t: TestContext): Promise<string> {
  const name = uniqueName()
  await docker("network", "create", name)
  // What is still on it goes first, whatever the order of the hooks.
  t.after(async () => {
    const attached = await docker("ps", "--all", "--quiet", "--filter", `network=${name}`)
    if (attached) await docker("rm", "--force", "--volumes", ...attached.split("\n"))
    await docker("network", "rm", name)
  })
  return name
}

/** Goes on for ever, ends at once when asked to. */
export const idle = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"] as const
