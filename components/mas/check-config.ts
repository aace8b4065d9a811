import type { Host } from "../host/host.ts"
import { demandMasCli, type MasAddress } from "./mas-cli.ts"

/**
 * Lets MAS's own `config check` look at a text before it becomes the config. That proves little (it passes over typos
 * and missing secret files), but what it refuses would stop MAS. Throws `mas/cli-failed`.
 */
export async function checkConfig(host: Host, mas: MasAddress, text: string): Promise<void> {
  const candidate = `${mas.config}.candidate`
  await host.write(candidate, text, { mode: 0o600, like: mas.config })
  try {
    await demandMasCli(host, mas, { purpose: "check", argv: ["config", "check"], candidate }, "Nothing was written.")
  } finally {
    await host.remove(candidate)
  }
}
