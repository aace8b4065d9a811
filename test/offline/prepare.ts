import { pathToFileURL } from "node:url"
import { formatDuration } from "../../components/report/durations.ts"
import { type LabImages, prepareImages, prepareSynapse } from "./images/images.ts"
import { prepareToolchain, type Toolchain } from "./toolchain/toolchain.ts"

/** Releases of Synapse that single tests of the matrix bring up. */
const otherSynapses = ["1.142.0", "1.156.0"] as const

/**
 * Finds or makes all that a machine needs before a lab can come up: toolchain and images. A quarter of an hour where
 * nothing can be downloaded, seconds from then on.
 */
export async function prepare(say: (line: string) => void): Promise<Toolchain & { readonly images: LabImages }> {
  const toolchain = await prepareToolchain(say)
  const options = { docker: toolchain.dockerCli, environment: toolchain.environment, say }
  return { ...toolchain, images: await prepareImages(options) }
}

/** The same, with the releases of Synapse that only the matrix needs. */
export async function prepareForMatrix(say: (line: string) => void): ReturnType<typeof prepare> {
  const prepared = await prepare(say)
  const options = { docker: prepared.dockerCli, environment: prepared.environment, say }
  for (const version of otherSynapses) await prepareSynapse(version, options)
  return prepared
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const begun = performance.now()
  const { images } = await prepareForMatrix(say)
  for (const [name, reference] of Object.entries(images)) say(`${name}: ${reference}`)
  say(`prepared in ${formatDuration((performance.now() - begun) / 1000)}`)
}
