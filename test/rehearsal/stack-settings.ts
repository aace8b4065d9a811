import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { execa } from "execa"
import { parse } from "yaml"
import { needsSecret } from "../../components/config/clients.ts"
import { isMapping, type Mapping, storedConfig } from "../../components/config/raw.ts"
import type { Lab } from "../lab/lab.ts"

/**
 * Lays the settings of another stack over a lab's, as far as they decide how a cutover behaves and say nothing of where
 * its server is: `takeOver`, the QR code server, the clients.
 */
export async function takeSettingsOf(stack: string, lab: Lab): Promise<void> {
  const [theirs, ours] = [
    await configIn(resolve(import.meta.dirname, "../.."), stack),
    await configIn(lab.project, lab.stack),
  ]
  const synapse = isMapping(theirs.synapse) ? theirs.synapse : {}
  const takeOver = [...new Set([...listOf(ours, "synapse", "takeOver"), ...listOf(theirs, "synapse", "takeOver")])]
  const qrCode = synapse.qrCodeEndpoint === undefined ? {} : { qrCodeEndpoint: synapse.qrCodeEndpoint }
  const clients = clientsOf(theirs).map(({ id: _, secretFile: __, ...client }) => client)
  const names = clients.map(({ name }) => name)
  const others = clientsOf(ours).filter(({ name }) => !names.includes(name))
  await lab.configure({ synapse: { takeOver, ...qrCode }, clients: [...others, ...clients] })
  for (const { name, authMethod } of clients) if (isSecretMethod(authMethod)) await makeSecret(lab, String(name))
}

async function configIn(folder: string, stack: string): Promise<Mapping> {
  const file = resolve(folder, `Pulumi.${stack}.yaml`)
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`there is no ${file}: --stack names the stack whose settings are to be rehearsed`)
  })
  return storedConfig(parse(text), "matrix-auth")
}

function clientsOf({ clients }: Mapping): readonly Mapping[] {
  return Array.isArray(clients) ? clients.filter(isMapping) : []
}

function listOf(config: Mapping, section: string, key: string): readonly unknown[] {
  const found = isMapping(config[section]) ? config[section][key] : undefined
  return Array.isArray(found) ? found : []
}

function isSecretMethod(authMethod: unknown): boolean {
  return needsSecret(authMethod as Parameters<typeof needsSecret>[0])
}

/** One of the lab's own: by standard input, as arguments are for everybody to see. */
async function makeSecret({ project, environment, stack }: Lab, client: string): Promise<void> {
  const words = ["config", "set", "--stack", stack, "--secret", "--path", `clientSecrets.${client}`]
  await execa("pulumi", words, { cwd: project, env: environment, input: randomBytes(24).toString("base64url") })
}
