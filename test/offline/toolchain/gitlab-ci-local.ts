import { copyFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { digestOf, madeOnce, type Say } from "./cache.ts"

const source = join(import.meta.dirname, "gitlab-ci-local")

/**
 * gitlab-ci-local, which reads `.gitlab-ci.yml` as GitLab does and holds it to GitLab's own schema. Installed once for each
 * content of its lock file, apart from our own packages. Returns the program, to be run by Node.
 */
export async function prepareGitlabCiLocal(say: Say): Promise<string> {
  const name = `npm/gitlab-ci-local-${await digestOf([], [source])}`
  const folder = await madeOnce(name, say, async (draft) => {
    say("installing gitlab-ci-local from npm")
    for (const file of ["package.json", "package-lock.json"]) await copyFile(join(source, file), join(draft, file))
    await execa("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: draft })
  })
  return join(folder, "node_modules/gitlab-ci-local/dist/index.js")
}
