import { posix, resolve } from "node:path"
import type { Host } from "../host/host.ts"
import { openHost } from "../host/open-host.ts"
import type { MasAddress } from "../mas/mas-cli.ts"
import { readMasVersion } from "../mas/mas-version.ts"
import { Refusal } from "../report/refusal.ts"
import { readSynapseVersion } from "../synapse/running-version.ts"
import type { SynapseAddress } from "../synapse/synapse-address.ts"
import { type Certificate, findGaps, type Gap, readCertificate, type ToBeRehearsed } from "./certificate.ts"
import { digestOfProgram } from "./certificate-program.ts"

/** What config says of the rehearsal that a cutover asks for. */
export interface AskedRehearsal {
  /** The certificate on the machine that runs Pulumi; a relative path is one below the project. */
  readonly certificate: string
  readonly maxAgeDays: number
  /** Why it may go without one. */
  readonly override?: string
  /** Of Pulumi: whose settings to rehearse with. */
  readonly stack: string
  /** See `settingsThatMatter`. */
  readonly settings: readonly string[]
}

/** The server that is to be cut over. */
export interface ServerToCutOver {
  readonly synapse: SynapseAddress
  readonly mas: MasAddress
  /** Nobody asks: it is a lab. */
  readonly rehearsal?: AskedRehearsal
}

/** On what a cutover goes ahead. */
export interface Permission {
  /** In words, for preview, state and record; `null`: nobody asked. */
  readonly rehearsed: string | null
  readonly certificate?: Certificate
}

/**
 * Looks whether a cutover of this server was rehearsed as it would be made now, or may go without by config. Reads only.
 * Throws `migration/not-rehearsed` with all that does not fit.
 */
export async function demandRehearsal(host: Host, server: ServerToCutOver): Promise<Permission> {
  const { rehearsal } = server
  if (rehearsal === undefined) return { rehearsed: null }
  const found = await lookForRehearsal(host, server, rehearsal)
  if (found.gaps.length === 0 && found.certificate) {
    return { rehearsed: inWords(found.certificate), certificate: found.certificate }
  }
  if (rehearsal.override === undefined) throw notRehearsed(host, rehearsal, found)
  const although = found.gaps.join("; ")
  return { rehearsed: `not rehearsed (${although}), and made all the same: ${rehearsal.override}` }
}

/** The same in lines for preview. In legacy nothing is refused yet, and what a cutover would ask for is told. */
export async function checkRehearsal(
  host: Host,
  server: ServerToCutOver & { readonly authentication: "legacy" | "delegated" },
): Promise<readonly string[]> {
  const { rehearsal } = server
  if (rehearsal === undefined) return []
  if (server.authentication === "delegated")
    return [`the cutover is ${(await demandRehearsal(host, server)).rehearsed}`]
  const { gaps, certificate } = await lookForRehearsal(host, server, rehearsal)
  if (gaps.length === 0 && certificate) return [`the cutover is ${inWords(certificate)}`]
  return [
    `the cutover will ask for a rehearsal (\`${commandFor(rehearsal, {})}\`), and now there is: ${gaps.join("; ")}`,
  ]
}

/** Keeps on the host what a cutover goes ahead on. */
export async function recordRehearsal(host: Host, stateFolder: string, permission: Permission): Promise<void> {
  if (permission.rehearsed === null) return
  const record = { wentAheadAt: new Date().toISOString(), ...permission }
  await host.write(posix.join(stateFolder, "rehearsal.json"), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
}

interface Found {
  readonly gaps: readonly Gap[]
  readonly wanted: ToBeRehearsed
  readonly certificate?: Certificate
}

async function lookForRehearsal(host: Host, server: ServerToCutOver, asked: AskedRehearsal): Promise<Found> {
  const { text: synapse } = await readSynapseVersion(host, server.synapse)
  const mas = (await readMasVersion(host, server.mas)).replace(/^v/, "")
  const { settings, maxAgeDays } = asked
  const program = await digestOfProgram()
  const wanted = { versions: { synapse, mas }, program, settings, maxAgeDays, now: new Date() }
  const text = await openHost({ kind: "local" }).readIfPresent(resolve(asked.certificate))
  if (text === undefined) return { wanted, gaps: ["there is no certificate of a rehearsal"] }
  const certificate = readCertificate(text)
  if ("why" in certificate) return { wanted, gaps: [certificate.why] }
  return { wanted, certificate, gaps: findGaps(certificate, wanted) }
}

function inWords({ at, versions, standIns }: Certificate): string {
  const where = `rehearsed on ${at.slice(0, 10)} with Synapse ${versions.synapse} and MAS ${versions.mas}`
  if (standIns.length === 0) return where
  return `${where}; ${standIns.join(" and ")} were stood in for: what the real ones do otherwise was not seen`
}

function notRehearsed(host: Host, asked: AskedRehearsal, { gaps, wanted }: Found): Refusal {
  return new Refusal({
    code: "migration/not-rehearsed",
    what: "This cutover was not rehearsed as it would be made",
    where: { host: host.name, file: resolve(asked.certificate), keyPath: "rehearsal.certificate" },
    meaning: ["Synapse was not touched, and goes on serving.", ...gaps.map((gap) => `  - ${gap}`)].join("\n"),
    next:
      `\`${commandFor(asked, wanted.versions)}\` takes some minutes, on a server of its own. Then \`pulumi up\`. ` +
      "To go without, say why in config (rehearsal.override).",
  })
}

/** A build of one's own may call itself anything: then the rehearsal has to be given its image. */
function commandFor({ stack }: AskedRehearsal, versions: Partial<ToBeRehearsed["versions"]>): string {
  const options = Object.entries(versions).map(([part, version]) => {
    const [plain] = /^\d+\.\d+\.\d+(rc\d+)?$/.exec(version) ?? []
    return plain === undefined ? `--image ${part}=IMAGE` : `--${part} ${plain}`
  })
  return ["npm run rehearse -- --stack", stack, ...options].join(" ")
}
