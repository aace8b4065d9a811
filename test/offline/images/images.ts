import { type ImageName, officialImages } from "../../../components/staging/layout.ts"
import { buildElement, buildMas, buildNginx, buildPostgres, buildSynapse } from "./local.ts"
import { masImage } from "./mas-in-use.ts"
import { pullOfficial } from "./official.ts"

const imageNames = Object.keys(officialImages) as ImageName[]

/** References that `docker run` takes, one for each part of the staging stack. */
export type LabImages = Readonly<Record<ImageName, string>>

export interface ImageOptions {
  /** Path of the Docker client. */
  readonly docker: string
  /** Laid over its environment: where the engine is, if not in the usual place. */
  readonly environment?: Readonly<Record<string, string>>
  /** Images to take as they are: `{ mas: "my/mas:dev" }`. Pulled by Docker itself when it has to. */
  readonly overrides?: Readonly<Partial<Record<ImageName, string>>>
  /**
   * `official`: only those; `local`: only ours; default: official ones where a registry answers, then the image of MAS that the
   * environment names (`MAS_IMAGE`), ours otherwise.
   */
  readonly source?: "official" | "local"
  /** Told what is pulled and built, a line each. Default: nobody. */
  readonly say?: (line: string) => void
}

/** Version of Synapse that the lab runs unless told otherwise. */
export const synapseVersion = "1.163.2"

const builders: Readonly<Record<ImageName, (options: ImageOptions) => Promise<string>>> = {
  synapse: (options) => buildSynapse(synapseVersion, options),
  mas: buildMas,
  postgres: buildPostgres,
  nginx: buildNginx,
  element: buildElement,
}

/**
 * Finds or makes the images of the lab: official ones where their registry can be reached, otherwise local ones built
 * from Debian packages, PyPI and our stand-ins. What is there already is neither pulled nor built again.
 */
export async function prepareImages(options: ImageOptions): Promise<LabImages> {
  const found = await Promise.all(
    imageNames.map(async (name) => [name, options.overrides?.[name] ?? (await prepareImage(name, options))] as const),
  )
  return Object.fromEntries(found) as Record<ImageName, string>
}

/** Another release of Synapse, such as 1.156.0, by the same ways. */
export async function prepareSynapse(version: string, options: ImageOptions): Promise<string> {
  const official = await takeOfficial("synapse", options, `matrixdotorg/synapse:v${version}`)
  return official ?? buildSynapse(version, options)
}

/** The images of these releases. The stand-in for MAS is of one release only. */
export async function imagesOf(
  { synapse, mas }: { readonly synapse?: string; readonly mas?: string },
  options: ImageOptions,
): Promise<Partial<LabImages>> {
  const isUsual = (name: ImageName, version?: string) =>
    version === undefined || /:v?(.*)$/.exec(officialImages[name])?.[1] === version
  return {
    ...(isUsual("synapse", synapse) ? {} : { synapse: await prepareSynapse(String(synapse), options) }),
    ...(isUsual("mas", mas) ? {} : { mas: officialImages.mas.replace(/:[^:]*$/, `:${mas}`) }),
  }
}

/** The lab's Postgres alone, by the same ways. */
export async function preparePostgres(options: ImageOptions): Promise<string> {
  return prepareImage("postgres", options)
}

async function prepareImage(name: ImageName, options: ImageOptions): Promise<string> {
  const official = await takeOfficial(name, options, officialImages[name])
  const named = name === "mas" ? masImage : undefined
  return official ?? named ?? builders[name](options)
}

async function takeOfficial(name: ImageName, options: ImageOptions, reference: string): Promise<string | undefined> {
  if (options.source === "local") return undefined
  const pulled = await pullOfficial(reference, options)
  if (!pulled && options.source === "official")
    throw new Error(`the official image of ${name}, ${reference}, could not be pulled`)
  return pulled ? reference : undefined
}
