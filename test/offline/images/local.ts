import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layOutApplication } from "./application.ts"
import { prepareBase } from "./base.ts"
import type { ImageOptions } from "./images.ts"
import { cook } from "./recipe.ts"

const project = join(import.meta.dirname, "../../..")

/** Postgres 15 from Debian, with the official image's environment variables. */
export async function buildPostgres(options: ImageOptions): Promise<string> {
  return cook({ name: "postgres", version: "15", base: await prepareBase(options) }, options)
}

/** nginx from Debian. */
export async function buildNginx(options: ImageOptions): Promise<string> {
  return cook({ name: "nginx", version: "1.22", base: await prepareBase(options) }, options)
}

/** Synapse from PyPI, any release: config in /data, uid 991, `python` on PATH. */
export async function buildSynapse(version: string, options: ImageOptions): Promise<string> {
  const base = await prepareBase(options)
  const args = { SYNAPSE_VERSION: version }
  return cook({ name: "synapse", version, base, args, uncounted: { "build-ca.crt": certificates() } }, options)
}

/** The stand-in of MAS, as distroless as the official image: `mas-cli` and what it needs, no shell. */
export async function buildMas(options: ImageOptions): Promise<string> {
  const { version } = await readJson(join(project, "node_modules/node/package.json"))
  const node = { node: join(project, "node_modules/node/bin/node") }
  const runtime = { name: "node", version, base: await prepareBase(options), uncounted: node }
  const base = await cook(runtime, options)
  const scratch = await mkdtemp(join(tmpdir(), "mas-application-"))
  try {
    await layOutApplication({ project, room: "test/offline/standins/mas", into: scratch })
    return await cook({ name: "mas", version: "1.22.0", base, files: { application: scratch } }, options)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** The stand-in of Element's bundle, served by nginx. */
export async function buildElement(options: ImageOptions): Promise<string> {
  const bundle = join(project, "test/offline/standins/element/bundle")
  const version = (await readFile(join(bundle, "version"), "utf8")).trim()
  return cook({ name: "element", version, base: await buildNginx(options), files: { application: bundle } }, options)
}

/** The bundle of certificates that this machine's own downloads go by. */
function certificates(): string {
  const own = [process.env.SSL_CERT_FILE, "/etc/ssl/certs/ca-certificates.crt"]
  const found = own.find((path) => path !== undefined && existsSync(path))
  if (!found) throw new Error("no bundle of certificates found: install ca-certificates, or set SSL_CERT_FILE")
  return found
}

async function readJson(path: string): Promise<{ version: string }> {
  return JSON.parse(await readFile(path, "utf8")) as { version: string }
}
