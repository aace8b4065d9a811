import { readFile } from "node:fs/promises"
import { execa } from "execa"
import { parse } from "yaml"
import type { Lab } from "../../../lab/lab.ts"
import { configOf, configure } from "../../crash/lab/configure.ts"
import { type CrashLab, makeCrashLab } from "../../crash/lab/crash-lab.ts"
import { runPulumi, up } from "../../crash/lab/run-pulumi.ts"

/** A seeded server with people on it, and a stack over it: plain data, so that a lab that is kept can be taken up again. */
export interface DriftLab extends CrashLab {
  /** Secret of the one confidential client, `admin_panel`, which is there once the server is delegated. */
  readonly clientSecret: string
}

export type Authentication = "legacy" | "delegated"

/** In legacy, adopted, with all that is neutral done. */
export async function makeDriftLab(lab: Lab, say: (line: string) => void): Promise<DriftLab> {
  return { ...(await makeCrashLab(lab, say)), clientSecret: lab.clientSecret }
}

/** The cutover, and with it a client that proves itself by a secret. */
export async function goDelegated(lab: DriftLab): Promise<void> {
  const { config } = parse(await readFile(configOf(lab), "utf8")) as { config: Record<string, { name: string }[]> }
  const clients = config["matrix-auth:clients"]?.filter(({ name }) => name !== adminPanel.name) ?? []
  await configure(lab, { authentication: "delegated", clients: [...clients, adminPanel] })
  const words = ["config", "set", "--stack", lab.stack, "--secret", "--path", "clientSecrets.admin_panel"]
  await execa("pulumi", words, { cwd: lab.project, env: lab.environment, input: lab.clientSecret })
  const { exitCode, output } = await runPulumi(lab, ...up)
  if (exitCode !== 0) throw new Error(`the cutover failed: ${output}`)
}

const adminPanel = { name: "admin_panel", authMethod: "client_secret_basic", redirectUris: [] }
