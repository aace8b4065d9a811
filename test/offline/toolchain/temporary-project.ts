import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { execa } from "execa"
import { prepareToolchain } from "./toolchain.ts"

const checkout = join(import.meta.dirname, "../../..")

export interface PulumiRun {
  readonly exitCode: number | undefined
  /** stdout and stderr together, as people see them. */
  readonly output: string
}

/** A copy of one of test/lab/programs, with a state of its own and a stack named `test`. */
export interface TemporaryProject {
  readonly folder: string
  pulumi(...args: string[]): Promise<PulumiRun>
  /** Writes `wanted.json`, from which the program knows what to declare. */
  want(wanted: object): Promise<void>
}

/** What is left of its resources is destroyed with the test, and then the project. */
export async function temporaryProject(t: TestContext, program: string): Promise<TemporaryProject> {
  const { environment } = await prepareToolchain((line) => t.diagnostic(line))
  const folder = await mkdtemp(join(tmpdir(), `${program}-`))
  const env = {
    ...environment,
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "lab",
  }
  const pulumi = async (...args: string[]): Promise<PulumiRun> => {
    const { exitCode, all } = await execa("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: folder,
      env,
      all: true,
      reject: false,
    })
    return { exitCode, output: all }
  }
  t.after(async () => {
    await pulumi("destroy", "--yes", "--stack", "test", "--continue-on-error")
    await rm(folder, { recursive: true, force: true })
  })

  await cp(join(checkout, "test/lab/programs", program), folder, { recursive: true })
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n')
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"))
  await mkdir(join(folder, "state"))
  await pulumi("stack", "init", "test")
  return {
    folder,
    pulumi,
    want: (wanted) => writeFile(join(folder, "wanted.json"), JSON.stringify(wanted)),
  }
}
