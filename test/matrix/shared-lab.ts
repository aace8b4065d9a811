import { readFile, writeFile } from "node:fs/promises"
import { makeLab } from "../lab/lab.ts"
import { makeWorlds, type Worlds } from "./crash/lab/worlds.ts"
import { type DriftLab, makeDriftLab } from "./drift/lab/drift-lab.ts"

/** A seeded server, legacy and delegated, that tests reset instead of bringing up their own. */
export interface SharedLab extends AsyncDisposable {
  readonly lab: DriftLab
  /** Both ways in which the server is kept, to be reset to. */
  readonly worlds: Worlds
}

/** Brings up a server for all tests of a lane. */
export async function makeSharedLab(say: (line: string) => void): Promise<SharedLab> {
  const made = await makeLab({ say })
  try {
    const lab = await makeDriftLab(made, say)
    const worlds = await makeWorlds(lab, say)
    return { lab, worlds, [Symbol.asyncDispose]: () => made.destroy() }
  } catch (error) {
    await made.destroy()
    throw error
  }
}

/** Writes down what another process needs to take the lab: secrets are in it. Returns that process's environment. */
export async function handOver({ lab, worlds }: SharedLab, file: string): Promise<Readonly<Record<string, string>>> {
  await writeFile(file, JSON.stringify({ lab, worlds }), { mode: 0o600 })
  return { MATRIX_LAB: file }
}

/** The lab that the matrix hands over, else one of this process's own. What state it is in nobody knows: reset it first. */
export async function takeSharedLab(): Promise<SharedLab> {
  const file = process.env.MATRIX_LAB
  if (file === undefined) return makeSharedLab(() => {})
  const { lab, worlds } = JSON.parse(await readFile(file, "utf8")) as Pick<SharedLab, "lab" | "worlds">
  return { lab, worlds, async [Symbol.asyncDispose]() {} }
}
