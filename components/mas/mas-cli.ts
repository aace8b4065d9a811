import { secretsIn } from "../documents/masking.ts"
import { type HostMount, runBeside } from "../host/beside.ts"
import type { Argv, Finished, Host } from "../host/host.ts"
import { knownService } from "../host/inspection.ts"
import { containerPathOf } from "../host/mounted-paths.ts"
import { containerOf, type ServiceAddress } from "../host/service-address.ts"
import { Refusal } from "../report/refusal.ts"
import { masError } from "./mas-cli-output.ts"

/** MAS, as its resources name it. */
export interface MasAddress {
  readonly service: ServiceAddress
  /** Its config.yaml on the host. */
  readonly config: string
  /** Where what stood in it before us is kept, on the host. */
  readonly keptAt?: string
}

/** MAS's config as a document. */
export function masConfigFile({ config, keptAt }: Pick<MasAddress, "config" | "keptAt">) {
  return { path: config, dialect: "yaml12", ...(keptAt === undefined ? {} : { keptAt }) } as const
}

export interface MasCliRun {
  /** What it is for: part of the one-shot container's name, so that it can be found and ended. @example "check" */
  readonly purpose: string
  /** Words after `mas-cli --config FILE`. */
  readonly argv: readonly string[]
  /** A file on the host that is tried in the place of the config. Default: the config itself. */
  readonly candidate?: string
  readonly mounts?: readonly HostMount[]
  /** It is ended after this. Default: 600. */
  readonly timeoutSeconds?: number
}

/** Name of the one-shot container in which mas-cli does something. */
export function masCliContainer({ service }: MasAddress, purpose: string): string {
  return `${containerOf(service)}-matrix-auth-${purpose}`
}

/** Whether mas-cli runs in a one-shot container, and not by a command of the operator's. */
export function ranInContainer({ service }: MasAddress): boolean {
  return service.commands?.cli === undefined
}

/**
 * Runs mas-cli in a one-shot container beside MAS, whether MAS runs or not. Never inside MAS's own container: where
 * that mounts the config as a single file, it goes on seeing the old one after we replaced it, until it is restarted.
 *
 * The config is named by its absolute path, since mas-cli looks for a relative one in parent folders too and takes a
 * missing one for empty (seen with MAS 1.22.0). Resolves whatever the exit code is.
 */
export async function runMasCli(host: Host, mas: MasAddress, run: MasCliRun): Promise<Finished> {
  const cli = mas.service.commands?.cli
  if (cli !== undefined) return host.exec([...cli, "mas-cli", "--config", run.candidate ?? mas.config, ...run.argv])
  const config = await configInContainer(host, mas)
  const tried: readonly HostMount[] = run.candidate === undefined ? [] : [{ source: run.candidate, target: config }]
  const argv: Argv = ["mas-cli", "--config", config, ...run.argv]
  return runBeside(host, mas.service, {
    name: masCliContainer(mas, run.purpose),
    argv,
    mounts: [...tried, ...(run.mounts ?? [])],
    ...(run.timeoutSeconds === undefined ? {} : { timeoutSeconds: run.timeoutSeconds }),
  })
}

/** As {@link runMasCli}, for what has to succeed. Throws `mas/cli-failed` with mas-cli's own words. */
export async function demandMasCli(host: Host, mas: MasAddress, run: MasCliRun, meaning: string): Promise<Finished> {
  const finished = await runMasCli(host, mas, run)
  if (finished.exitCode === 0) return finished
  const secrets = secretsIn(await host.read(run.candidate ?? mas.config), "yaml12")
  throw new Refusal({
    code: "mas/cli-failed",
    what: `mas-cli ${run.argv.join(" ")} ended with exit code ${finished.exitCode}: ${masError(finished.stderr, secrets)}`,
    where: { host: host.name, container: containerOf(mas.service), file: mas.config },
    meaning,
    next: "Mend what mas-cli complains about, then `pulumi up`.",
  })
}

/** Throws `mas/config-not-mounted`. */
export async function configInContainer(host: Host, { service, config }: MasAddress): Promise<string> {
  const path = await containerPathOf(host, await knownService(host, service), config)
  if (path !== undefined) return path
  throw new Refusal({
    code: "mas/config-not-mounted",
    what: "MAS's container does not mount the config that we are to manage",
    where: { host: host.name, container: containerOf(service), file: config },
    meaning: "Nothing was changed: what is written there would never reach MAS.",
    next: "Let `mas.config` name the file on the host that the container mounts (`docker inspect` lists its mounts).",
  })
}
