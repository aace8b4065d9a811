import { Refusal } from "../report/refusal.ts"
import type { Host } from "./host.ts"
import { type ServiceAddress, serviceVerbs } from "./service-address.ts"

/**
 * Throws `host/program-missing` with the config's key where the program of a service's own command is not there: found in the window, it
 * would be found too late. Reads only.
 */
export async function demandOwnCommands(host: Host, { name, commands = {} }: ServiceAddress): Promise<void> {
  for (const verb of serviceVerbs) {
    const program = commands[verb]?.[0]
    if (program === undefined) continue
    const { exitCode } = await host.exec(["sh", "-c", 'command -v -- "$1" >/dev/null', "find", program])
    if (exitCode === 0) continue
    throw new Refusal({
      code: "host/program-missing",
      what: `The program ${program} is not installed`,
      where: { host: host.name, keyPath: `${name}.commands.${verb}` },
      meaning: "Nothing was changed: what has to be done to the service could not be done.",
      next: "Install it, or name another.",
    })
  }
}
