import { readKey } from "../files/managed-file.ts"
import type { Host } from "../host/host.ts"
import { demandOwnCommands } from "../host/own-commands.ts"
import { Refusal } from "../report/refusal.ts"
import { configInContainer, type MasAddress, masConfigFile, ranInContainer, runMasCli } from "./mas-cli.ts"
import { masError } from "./mas-cli-output.ts"

/**
 * Tries in preview what every later step rests on: that the commands given for MAS are there, that mas-cli can be run, and sees the config that is managed. Reads only. Throws
 * `mas/config-not-mounted`, `host/program-missing`, and `mas/cli-unfit` for a command of the operator's.
 */
export async function demandMasCliFits(host: Host, mas: MasAddress): Promise<void> {
  await demandOwnCommands(host, mas.service)
  if (ranInContainer(mas)) {
    await configInContainer(host, mas)
    return
  }
  const { exitCode, stderr } = await runMasCli(host, mas, { purpose: "check", argv: ["config", "check"] })
  // What mas-cli itself complains about, what is written next may mend. A file that it does not see is empty to it (seen with MAS 1.22).
  const isItsOwn = exitCode === 1 && /^Error: /m.test(stderr)
  if (exitCode !== 0 && !isItsOwn) throw unfit(host, mas, `ended with exit code ${exitCode}: ${masError(stderr)}`)
  const seesNone = /missing field `secrets`/.test(stderr)
  if (seesNone && (await readKey(host, masConfigFile(mas), "secrets")) !== undefined) {
    throw unfit(host, mas, `runs where there is no ${mas.config}`)
  }
}

function unfit(host: Host, mas: MasAddress, why: string): Refusal {
  return new Refusal({
    code: "mas/cli-unfit",
    what: `mas-cli, run by \`mas.commands.cli\`, ${why}`,
    where: { host: host.name, file: mas.config, keyPath: "mas.commands.cli" },
    meaning: "Nothing was changed: neither could MAS's config be tried, nor accounts be migrated.",
    next: "Give what comes before `mas-cli` and its words, and runs it where the config has the same path, whether MAS runs or not; or leave `cli` out, and name MAS's container.",
  })
}
