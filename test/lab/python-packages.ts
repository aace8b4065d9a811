import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"

/** The release that Synapse 1.163 installs with. */
export const pyYaml = "PyYAML==6.0.3"

/** A folder with packages of Python in it, filled once for this machine and Python; two runs side by side may both fill it. */
export async function installed(packages: readonly string[]): Promise<string> {
  const python = await execa("python3", ["--version"], { reject: false })
  if (python.exitCode !== 0)
    throw new Error("These tests need python3 on PATH: Synapse's own packages are the judges of what it reads.")
  const name = [python.stdout.trim().replaceAll(" ", "-"), ...packages].join("-").replaceAll("==", "-").toLowerCase()
  const shelf = join(tmpdir(), `matrix-auth-tests-${process.getuid?.() ?? "user"}`)
  const folder = join(shelf, name)
  if (await exists(folder)) return folder
  await mkdir(shelf, { recursive: true, mode: 0o700 })
  const fresh = await mkdtemp(join(shelf, "fresh-"))
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", fresh]
  const result = await execa("python3", [...pip, ...packages], { reject: false })
  if (result.exitCode !== 0) {
    await rm(fresh, { recursive: true, force: true })
    throw new Error(
      `These tests need pip for python3 (on Debian: apt-get install python3-pip). It said: ${result.stderr}`,
    )
  }
  await rename(fresh, folder).catch(async (error: unknown) => {
    await rm(fresh, { recursive: true, force: true })
    if (!(await exists(folder))) throw error
  })
  return folder
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
