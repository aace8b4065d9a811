import { execa } from "execa"
import type { CrashLab } from "../lab/crash-lab.ts"

/** `docker` with these words on the lab's engine. */
export async function docker({ dockerCli, environment }: CrashLab, ...words: readonly string[]): Promise<string> {
  return (await execa(dockerCli, [...words], { env: environment })).stdout
}

/** The one-shot container in which syn2mas runs. */
export function syn2masOf({ places }: CrashLab): string {
  return `${places.mas.container}-matrix-auth-syn2mas`
}
