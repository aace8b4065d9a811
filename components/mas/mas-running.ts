import { noteStart } from "../files/running.ts"
import { askService, type WebService } from "../host/ask-service.ts"
import { waitUntilHealthy } from "../host/health.ts"
import type { Host } from "../host/host.ts"
import { restartService, startService } from "../host/service.ts"
import { type MasAddress, masConfigFile } from "./mas-cli.ts"

/** MAS compiles its policy and asks its database before it listens; a few seconds as a rule. */
const startLimitSeconds = 120

/** MAS, to be started: with its config, so that what it found there is known. */
export type StartedMas = WebService & MasAddress

/** Starts MAS and returns when it hands out its discovery document (OpenID Connect Discovery 1.0, section 4). */
export async function startMas(host: Host, mas: StartedMas, say: (line: string) => void): Promise<void> {
  await startService(host, mas.service)
  await settleIn(host, mas, say)
}

export async function restartMas(host: Host, mas: StartedMas, say: (line: string) => void): Promise<void> {
  await restartService(host, mas.service)
  await settleIn(host, mas, say)
}

/** Whoever starts it notes what it found: otherwise a later look has only times to go by. */
async function settleIn(host: Host, mas: StartedMas, say: (line: string) => void): Promise<void> {
  await waitForMas(host, mas, say)
  const { keptAt } = mas
  if (keptAt !== undefined) await noteStart(host, mas.service, { ...masConfigFile(mas), keptAt })
}

async function waitForMas(host: Host, mas: WebService, say: (line: string) => void): Promise<void> {
  say(`waiting for MAS to answer, at most ${startLimitSeconds} s`)
  const probe = async () => (await askService(host, mas, { path: "/.well-known/openid-configuration" })).status === 200
  await waitUntilHealthy(host, mas.service, { limitSeconds: startLimitSeconds, probe })
}
