import { pathToFileURL } from "node:url"
import { formatDuration } from "../../components/report/durations.ts"
import { type LabImages, prepareImages, prepareSynapse } from "./images/images.ts"
import { prepareToolchain, type Toolchain } from "./toolchain/toolchain.ts"

/** Releases of Synapse that single tests of the matrix bring up. */
export const otherSynapses = ["1.142.0", "1.156.0"] as const

/**
 * Finds or makes all that a machine needs before a lab can come up: toolchain and images. A quarter of an hour where
 * nothing can be downloaded, seconds from then on.
 */
export async function prepare(say: (line: string) => void): Promise<Toolchain & { readonly images: LabImages }> {
  const toolchain = await prepareToolchain(say)
  const options = { docker: toolchain.dockerCli, environment: toolchain.environment, say }
  return { ...toolchain, images: await prepareImages(options) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const begun = performance.now()
  const { dockerCli: docker, environment, images } = await prepare(say)
  for (const version of otherSynapses) await prepareSynapse(version, { docker, environment, say })
  for (const [name, reference] of Object.entries(images)) say(`${name}: ${reference}`)
  say(`prepared in ${formatDuration((performance.now() - begun) / 1000)}`)
}
