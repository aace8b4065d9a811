import { posix } from "node:path"
import { secretsIn } from "../documents/masking.ts"
import type { Host } from "../host/host.ts"
import { type MasAddress, runMasCli } from "../mas/mas-cli.ts"
import { masError } from "../mas/mas-cli-output.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { readSyn2MasReport, type Syn2MasReport, type Syn2MasWarning, unacknowledged } from "./syn2mas-report.ts"

export interface Syn2MasRun {
  readonly mas: MasAddress
  /** The frozen homeserver.yaml on the host. */
  readonly homeserverYaml: string
  /** The homeserver.yaml that it was made from: the one that people know, and have to mend. */
  readonly frozenFrom: string
  /** Warnings that config has taken note of: name and count. */
  readonly acknowledge: Readonly<Record<string, number>>
}

/** With hundreds of thousands of rows it takes seconds; this is for what hangs. */
const limitSeconds = 3600

/** Exit codes of `syn2mas check` (seen with MAS 1.22.0). */
const exit = { clean: 0, errors: 10, warnings: 11 } as const

/**
 * Runs `syn2mas check`. MAS's server has to be stopped: `check` migrates its database schema. Throws
 * `migration/check-failed`, or `migration/unacknowledged` for warnings that nobody has taken note of. Returns what it printed.
 */
export async function checkMigration(host: Host, run: Syn2MasRun): Promise<string> {
  const { exitCode, printed, errors, warnings } = await runSyn2Mas(host, run, ["check"])
  const isKnown = exitCode === exit.clean || exitCode === exit.warnings
  if (!isKnown) throw checkFailed(host, run, errors)
  const open = unacknowledged(warnings, run.acknowledge)
  if (open.length > 0) throw notAcknowledged(host, run, open)
  return printed
}

/** Runs the whole migration and undoes it: the only thing that finds rows that `check` passes over. Returns what it printed. */
export async function dryRunMigration(host: Host, run: Syn2MasRun): Promise<string> {
  return migrate(host, run, ["migrate", "--dry-run"])
}

/** Runs the migration. Synapse and MAS's server have to be stopped. Throws `migration/failed`. */
export async function runMigration(host: Host, run: Syn2MasRun): Promise<void> {
  await migrate(host, run, ["migrate"])
}

async function migrate(host: Host, run: Syn2MasRun, words: readonly string[]): Promise<string> {
  const { exitCode, printed, errors } = await runSyn2Mas(host, run, words)
  if (exitCode === 0) return printed
  throw new Refusal({
    code: "migration/failed",
    what: `syn2mas ${words.join(" ")} ended with exit code ${exitCode}: ${errors[0]}`,
    where: { host: host.name, file: run.frozenFrom },
    meaning: "Synapse's database is as it was: syn2mas never writes to it.",
    next: "Mend what it names in Synapse's database or config, then `pulumi up`.",
  })
}

/** How it ended, and its words as people may see them. */
interface Said extends Syn2MasReport {
  readonly exitCode: number
  readonly printed: string
}

/** The report is read as it came: a secret may be a word of it. Where there is none, the error is what it ended with. */
async function runSyn2Mas(host: Host, run: Syn2MasRun, words: readonly string[]): Promise<Said> {
  const { exitCode, stdout, stderr } = await start(host, run, words)
  const shown = await covering(host, run)
  const { errors, warnings } = readSyn2MasReport(stderr)
  return {
    exitCode,
    printed: shown(stdout + stderr),
    errors: (errors.length > 0 ? errors : [masError(stderr)]).map(shown),
    warnings: warnings.map(({ text, ...warning }) => ({ ...warning, text: shown(text) })),
  }
}

/** Covers the secrets of what it was given, and puts the operator's file in the place of our copy. */
async function covering(host: Host, { mas, homeserverYaml, frozenFrom }: Syn2MasRun) {
  const given = await Promise.all([
    host.read(homeserverYaml).then((text) => secretsIn(text, "yaml12")),
    host.read(frozenFrom).then((text) => secretsIn(text, "yaml11")),
    host.read(mas.config).then((text) => secretsIn(text, "yaml12")),
  ])
  const copies = [homeserverYaml, targetOf(homeserverYaml), posix.basename(homeserverYaml)]
  const named = (text: string) => copies.reduce((said, copy) => said.replaceAll(copy, frozenFrom), text)
  return (text: string) => quoted(named(text), given.flat())
}

function targetOf(homeserverYaml: string): string {
  return `/matrix-auth/${posix.basename(homeserverYaml)}`
}

function start(host: Host, { mas, homeserverYaml }: Syn2MasRun, words: readonly string[]) {
  const isOwnCommand = mas.service.commands?.cli !== undefined
  const target = targetOf(homeserverYaml)
  return runMasCli(host, mas, {
    purpose: "syn2mas",
    argv: ["syn2mas", "--synapse-config", isOwnCommand ? homeserverYaml : target, ...words],
    mounts: isOwnCommand ? [] : [{ source: homeserverYaml, target }],
    timeoutSeconds: limitSeconds,
  })
}

function checkFailed(host: Host, run: Syn2MasRun, errors: readonly string[]): Refusal {
  return new Refusal({
    code: "migration/check-failed",
    what: `syn2mas check found ${errors.length === 1 ? "an error" : `${errors.length} errors`}`,
    where: { host: host.name, file: run.mas.config },
    meaning: ["Nothing was migrated; Synapse goes on as it was.", ...errors.map((error) => `  - ${error}`)].join("\n"),
    next: "Mend what it names, then `pulumi up`.",
  })
}

function notAcknowledged(host: Host, run: Syn2MasRun, open: readonly Syn2MasWarning[]): Refusal {
  const keys = open.map(({ name, count }) => `${name}: ${count}`).join(", ")
  return new Refusal({
    code: "migration/unacknowledged",
    what: `syn2mas check warns of ${open.length === 1 ? "something" : `${open.length} things`} that nobody has acknowledged`,
    where: { host: host.name, file: run.mas.config, keyPath: "acknowledge" },
    meaning: [
      "Nothing was migrated; Synapse goes on as it was.",
      ...open.map(({ name, count, text }) => `  - ${name} (${count}): ${text}`),
    ].join("\n"),
    next: `Read them. Where you can live with them, say so in the stack's config (acknowledge: {${keys}}), then \`pulumi up\`.`,
  })
}
