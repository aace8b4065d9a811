import { execa } from "execa"
import type { ImageOptions } from "./images.ts"

/** A registry that has not begun to answer by then is taken as out of reach; once it has, a pull may take its time. */
const answerSeconds = 8

/** Makes sure that the image is here. `false`: it is not, and its registry does not hand it out. */
export async function pullOfficial(reference: string, options: ImageOptions): Promise<boolean> {
  if (await isHere(options, reference)) return true
  const { docker, environment, say } = options
  const pull = execa(docker, ["pull", reference], { env: environment ?? {}, reject: false, all: true })
  const tooLate = setTimeout(() => pull.kill(), answerSeconds * 1000)
  for await (const line of pull) {
    if (!String(line).includes("Pulling from")) continue
    clearTimeout(tooLate)
    say?.(`pulling ${reference}`)
  }
  clearTimeout(tooLate)
  return (await pull).exitCode === 0
}

/** Tells whether the engine has the image. */
export async function isHere({ docker, environment }: ImageOptions, reference: string): Promise<boolean> {
  const { exitCode } = await execa(docker, ["image", "inspect", reference], {
    env: environment ?? {},
    reject: false,
    stdout: "ignore",
  })
  return exitCode === 0
}
