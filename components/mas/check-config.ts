import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { namesBeside } from "../host/own-names.ts"
import { demandMasCli, type MasAddress } from "./mas-cli.ts"

/**
 * Lets MAS's own `config check` look at a text before it becomes the config. That proves little (it passes over typos
 * and missing secret files), but what it refuses would stop MAS. Throws `mas/cli-failed`.
 */
export async function checkConfig(host: Host, mas: MasAddress, text: string): Promise<void> {
  const candidate = candidateOf(mas)
  await host.write(candidate, text, { mode: 0o600, like: mas.config })
  try {
    await demandMasCli(host, mas, { purpose: "check", argv: ["config", "check"], candidate }, "Nothing was written.")
  } finally {
    await host.remove(candidate)
  }
}

/**
 * In our own folder, whence a container has it mounted: beside the config, whoever is in the container could have planted a
 * link in its place. A `mas-cli` that is no container may run as somebody who does not get into that folder.
 */
function candidateOf({ service, config, keptAt }: MasAddress): string {
  const beside = posix.join(posix.dirname(config), namesBeside.candidate(posix.basename(config)))
  const isContainer = service.commands?.cli === undefined
  return isContainer && keptAt !== undefined ? posix.join(posix.dirname(keptAt), "mas.candidate.yaml") : beside
}
