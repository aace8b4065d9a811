import { readFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { execa } from "execa"
import { parse } from "yaml"
import { type Mapping, storedConfig } from "../../components/config/raw.ts"
import { readSettings } from "../../components/config/read-settings.ts"
import { openHost } from "../../components/host/open-host.ts"
import { readMasVersion } from "../../components/mas/mas-version.ts"
import type { Certificate } from "../../components/migration/certificate.ts"
import { digestOfSettings, settingsThatMatter } from "../../components/migration/certificate-settings.ts"
import { readSynapseVersion } from "../../components/synapse/running-version.ts"
import type { Lab } from "../lab/lab.ts"
import { standInsOf } from "../lab/stand-ins.ts"
import type { RehearsalReport } from "./rehearsal.ts"

/** Writes down what was rehearsed on a lab that still runs. `program`: the digest of the code, as of the beginning. */
export async function certify(
  lab: Lab,
  { proven, steps }: Pick<RehearsalReport, "proven" | "steps">,
  program: string,
): Promise<Certificate> {
  const lines = settingsThatMatter(await settingsOf(lab))
  return {
    format: 1,
    at: new Date().toISOString(),
    program: { digest: program, ...(await commitOf()) },
    versions: await versionsOf(lab),
    settings: { digest: digestOfSettings(lines), lines: [...lines] },
    images: { ...lab.images },
    standIns: [...standInsOf(lab)],
    proven: [...proven],
    steps: [...steps],
  }
}

/** The versions that the running parts tell. */
export async function versionsOf({ places }: Lab): Promise<Certificate["versions"]> {
  const host = openHost({ kind: "local" })
  const { container, homeserverYaml } = places.synapse
  const endpoint = places.mas.synapseEndpoint
  const synapse = await readSynapseVersion(host, { service: { name: "synapse", container }, homeserverYaml, endpoint })
  const mas = { service: { name: "mas", container: places.mas.container }, config: places.mas.config }
  return { synapse: synapse.text, mas: (await readMasVersion(host, mas)).replace(/^v/, "") }
}

async function settingsOf({ project, stack, places }: Lab) {
  const stored = storedConfig(parse(await readFile(join(project, `Pulumi.${stack}.yaml`), "utf8")), "matrix-auth")
  const stagingPlaces = () => places as unknown as Mapping
  return readSettings(stored, { stack, secretKeys: new Set(["clientSecrets"]), stored, stagingPlaces }).settings
}

/** For people, to find the code again; a copy without git will do as well. */
async function commitOf(): Promise<{ readonly commit: string | null; readonly isDirty: boolean }> {
  const git = (...words: string[]) => execa("git", words, { cwd: resolve(import.meta.dirname, "../.."), reject: false })
  const [head, status] = [await git("rev-parse", "HEAD"), await git("status", "--porcelain")]
  return head.exitCode === 0 ? { commit: head.stdout, isDirty: status.stdout !== "" } : { commit: null, isDirty: false }
}
