import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { parse } from "yaml"
import { openHost } from "../../../components/host/open-host.ts"
import { restartService } from "../../../components/host/service.ts"
import { filePaths } from "../../../components/staging/layout.ts"
import { waitForSynapse } from "../../../components/synapse/synapse-address.ts"
import type { Lab } from "../lab.ts"
import { type Homeserver, type Seeded, seed, seedGuest } from "./seed.ts"

/** Fills a lab's Synapse, which has to be up and in legacy. */
export async function seedLab(lab: Lab): Promise<Seeded> {
  await seedLabGuest(lab)
  return seed(await homeserverOf(lab))
}

/** What it takes to fill a lab's Synapse. */
export async function homeserverOf(lab: Lab): Promise<Homeserver> {
  const { synapse } = lab.places
  const folder = synapse.homeserverYaml.replace(/\/synapse\/homeserver\.yaml$/, "")
  const homeserver = parse(await readFile(synapse.homeserverYaml, "utf8")) as Record<string, string>
  const bridge = parse(await readFile(join(folder, filePaths("").bridge), "utf8")) as Record<string, string>
  return {
    url: synapse.url,
    serverName: lab.serverName,
    registrationSharedSecret: homeserver.registration_shared_secret ?? "",
    asToken: bridge.as_token ?? "",
  }
}

/** From a time when guests were allowed here: Synapse takes them for as long as it takes to register one. */
async function seedLabGuest({ places }: Lab): Promise<void> {
  const host = openHost({ kind: "local" })
  const { homeserverYaml: path, container, url } = places.synapse
  const service = { name: "synapse", container }
  const before = await host.read(path)
  const restartWith = async (from: string, to: string) => {
    await host.replace(path, { before: from, after: to })
    await restartService(host, service)
    await waitForSynapse(host, { service, endpoint: places.mas.synapseEndpoint }, () => {})
  }
  const open = before.replace("allow_guest_access: false", "allow_guest_access: true")
  await restartWith(before, open)
  await seedGuest(url)
  await restartWith(open, before)
}
