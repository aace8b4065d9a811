import { execa } from "execa"
import { type Say, withCacheLock } from "./cache.ts"
import { programsOnPath } from "./on-path.ts"

/**
 * Installs packages of Debian or Ubuntu, and says so first. `purpose` completes "… is needed", as "a Docker engine".
 *
 * Throws where that cannot be done: another system, or not root.
 */
export async function installDebianPackages(packages: readonly string[], purpose: string, say: Say): Promise<void> {
  const list = packages.join(" ")
  if (programsOnPath("apt-get").length === 0 || process.getuid?.() !== 0)
    throw new Error(
      `${purpose} is needed, and there is none.\n` +
        "Meaning: nothing was installed: that takes root on Debian or Ubuntu.\n" +
        `Next: run this as root, or install it yourself (Debian's packages: ${list}).`,
    )
  await withCacheLock("apt", say, async () => {
    say(`${purpose} is needed: installing Debian's ${list} with apt-get`)
    const env = { DEBIAN_FRONTEND: "noninteractive" }
    const install = () => execa("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env })
    // Package lists may be missing or old: fetched only then.
    await install().catch(async () => {
      await execa("apt-get", ["update"], { env })
      await install()
    })
  })
}
