import assert from "node:assert/strict"
import { mkdir, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { execa } from "execa"
import type { AdoptingStack, Lab } from "../../lab/lab.ts"
import { type Commands, commandsIn, unseen, withValues } from "../../unit/docs/commands.ts"
import { readPage } from "../../unit/docs/docs.ts"

export interface Typing {
  /** Ends with something else than 0, as it has to. */
  readonly fails?: boolean
  /** Whether what the page shows has to be seen. Default: true. */
  readonly shows?: boolean
  /** Neither Pulumi nor Node works. */
  readonly withoutPulumi?: boolean
}

/** Types what the page for the way back says, block by block, on a lab in the place of the first customer's server. */
export class Typist {
  readonly #commands: readonly Commands[]
  readonly #prelude: string
  readonly #lab: Lab
  readonly #typed = new Set<string>()

  private constructor(commands: readonly Commands[], prelude: string, lab: Lab) {
    this.#commands = commands
    this.#prelude = prelude
    this.#lab = lab
  }

  static async at(lab: Lab, { stack }: AdoptingStack): Promise<Typist> {
    const [first, ...commands] = commandsIn(await readPage("docs/mas_migration_rollback.md"))
    assert.ok(first, "the page begins with its variables")
    const { host, synapse, mas, wellKnown, element, databases } = lab.places
    const values = {
      STACK: stack,
      PROJECT: lab.project,
      STATE: host.stateFolder,
      MATRIX: synapse.url.replace(/\/$/, ""),
      HOMESERVER_YAML: synapse.homeserverYaml,
      WELL_KNOWN: wellKnown.file,
      ELEMENT_CONFIG: element.config,
      SYNAPSE: synapse.container,
      MAS: mas.container,
      NGINX: wellKnown.container,
      ELEMENT: element.container,
      SYNAPSE_POSTGRES: databases.synapse.container,
      MAS_POSTGRES: databases.mas.container,
    }
    return new Typist(commands, withValues(first.text, values), lab)
  }

  /** Names of the blocks that nobody has typed yet. */
  get untyped(): readonly string[] {
    return this.#commands.map(({ name }) => name).filter((name) => !this.#typed.has(name))
  }

  /** Types one block, and looks whether one sees what the page shows. Returns what came, errors included. */
  async type(name: string, { fails = false, shows = true, withoutPulumi = false }: Typing = {}): Promise<string> {
    const block = this.#commands.find((commands) => commands.name === name)
    assert.ok(block, `the page has no block ${name}`)
    this.#typed.add(name)
    const { environment } = this.#lab
    const broken = withoutPulumi ? { PATH: `${await makeBroken(this.#lab)}${delimiter}${environment.PATH}` } : {}
    const { exitCode, all } = await execa("sh", ["-e", "-c", `${this.#prelude}\n${block.text}`], {
      env: { ...environment, ...broken },
      reject: false,
      all: true,
      stdin: "ignore",
    })
    assert.equal(exitCode !== 0, fails, `${name} ended with exit code ${exitCode}:\n${block.text}\n${all}`)
    const missing = shows ? unseen(all, block) : undefined
    assert.equal(missing, undefined, `${name} is to show "${missing}":\n${all}`)
    return all
  }
}

/** A folder to stand first on PATH: what of ours runs there says that it is broken. Goes with the lab. */
async function makeBroken(lab: Lab): Promise<string> {
  const folder = join(dirname(lab.project), "broken")
  await mkdir(folder, { recursive: true })
  for (const program of ["pulumi", "node", "npm", "npx"]) {
    await writeFile(join(folder, program), "#!/bin/sh\necho broken >&2\nexit 126\n", { mode: 0o755 })
  }
  return folder
}
