import { Command, InvalidArgumentError, Option } from "commander"
import type { ClientConfig } from "pg"
import { configCheck, configDump, configSyncCommand, writeOut } from "./commands/config.ts"
import { databaseMigrate } from "./commands/database.ts"
import { doctor } from "./commands/doctor.ts"
import { server, worker } from "./commands/server.ts"
import { type Syn2MasOptions, syn2mas } from "./commands/syn2mas.ts"
import type { Cursor } from "./config/cursor.ts"
import { loadConfig } from "./config.ts"
import { parseUri } from "./database.ts"
import { generateConfig } from "./generate.ts"
import { addManageCommands } from "./manage-commands.ts"
import { version } from "./version.ts"

/** How a command gives its exit code and gets its configuration. */
export interface Surroundings {
  /** The merged configuration; read when a command asks for it. */
  readonly root: () => Cursor
  /** Exit code of the process, unless an error sets it. */
  readonly exit: (code: number) => void
}

/** mas-cli's commands. Usage errors are thrown (`exitOverride`), for the caller to end with 2. */
export function commandLine(exit: (code: number) => void): Command {
  const program = new Command("mas-cli").version(`mas-cli ${version}`, "-V, --version")
  program.option("-c, --config <CONFIG>", "Path to the configuration file", collect, [])
  const surroundings = { root: () => loadConfig(program.opts<{ config: string[] }>().config), exit }
  addConfigCommands(program, surroundings)
  addSyn2Mas(program, surroundings)
  addServers(program, surroundings)
  addManageCommands(program.command("manage").description("Manage the instance"), surroundings)
  program
    .command("database")
    .command("migrate")
    .action(() => databaseMigrate(surroundings.root()))
  program.command("doctor").action(() => doctor(surroundings.root()))
  return overrideExits(program)
}

function addConfigCommands(program: Command, { root }: Surroundings): void {
  const config = program.command("config").description("Configuration-related commands")
  config.command("check").action(() => configCheck(root()))
  const output = "-o, --output <OUTPUT>"
  config
    .command("dump")
    .option(output)
    .action((options: { output?: string }) => configDump(root(), options.output))
  config
    .command("generate")
    .option(output)
    .option("-s, --synapse-config <SYNAPSE_CONFIG>", "homeserver.yaml to take over", collect, [])
    .action((options: { output?: string; synapseConfig: string[] }) =>
      writeOut(generateConfig(options.synapseConfig), options.output, { toFile: 114, toStdout: 118 }),
    )
  config
    .command("sync")
    .option("--prune", "delete what the file lacks", false)
    .option("--dry-run", "do not write", false)
    .action((options: { prune: boolean; dryRun: boolean }) => configSyncCommand(root(), options))
}

interface RawSyn2MasOptions {
  readonly synapseConfig: string[]
  readonly synapseDatabaseUri?: ClientConfig
  readonly ignoreMissingAuthProviders: boolean
}

function addSyn2Mas(program: Command, { root, exit }: Surroundings): void {
  const command = program.command("syn2mas")
  command
    .option("--synapse-config <SYNAPSE_CONFIGURATION_FILES>", "homeserver.yaml, one or more", collect, [])
    .addOption(new Option("--synapse-database-uri <SYNAPSE_DATABASE_URI>").argParser(parseDatabaseUri))
    .option("--ignore-missing-auth-providers", "warn rather than refuse", false)
  const run = async (action: Syn2MasOptions["action"]) => {
    const { synapseConfig, synapseDatabaseUri, ignoreMissingAuthProviders } = command.opts<RawSyn2MasOptions>()
    const options = { synapseConfig, synapseDatabase: synapseDatabaseUri, ignoreMissingAuthProviders, action }
    exit(await syn2mas(root(), options))
  }
  command.command("check").action(() => run("check"))
  command
    .command("migrate")
    .option("--dry-run", "leave the database empty", false)
    .action(({ dryRun }: { dryRun: boolean }) => run(dryRun ? "dry-run" : "migrate"))
}

/** The server is what runs when no command is given. */
function addServers(program: Command, { root }: Surroundings): void {
  program
    .command("server", { isDefault: true })
    .option("--no-migrate", "do not run pending migrations")
    .option("--no-worker", "leave the queue to others")
    .option("--no-sync", "do not write clients and providers to the database")
    .action((options: { migrate: boolean; worker: boolean; sync: boolean }) => server(root(), options))
  program.command("worker").action(() => worker(root()))
}

function parseDatabaseUri(uri: string): ClientConfig {
  if (!/^postgres(ql)?:/.test(uri)) throw new InvalidArgumentError("relative URL without a base")
  if (/^postgres(ql)?:\/\/([^/]*@)?(:\d+)?(\/|$)/.test(uri)) throw new InvalidArgumentError("empty host")
  return parseUri(uri)
}

function overrideExits(command: Command): Command {
  command.exitOverride()
  for (const child of command.commands) overrideExits(child)
  return command
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
