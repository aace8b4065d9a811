import type { Command } from "commander"
import type { Surroundings } from "./command-line.ts"
import { addEmail, listAdminUsers, lockUser, provisionAllUsers, setAdmin, unlockUser } from "./manage/accounts.ts"
import { setPassword } from "./manage/passwords.ts"
import { type NewUser, registerUser } from "./manage/register-user.ts"
import { issueCompatibilityToken, killSessions } from "./manage/sessions.ts"

/** The subcommands of `manage` that the stand-in has. What they refuse without throwing ends with 1. */
export function addManageCommands(manage: Command, { root, exit }: Surroundings): void {
  const outcome = async (done: Promise<boolean>) => exit((await done) ? 0 : 1)
  manage.command("list-admin-users").action(() => outcome(listAdminUsers(root())))
  manage.command("promote-admin <username>").action((name: string) => outcome(setAdmin(root(), name, true)))
  manage.command("demote-admin <username>").action((name: string) => outcome(setAdmin(root(), name, false)))
  manage.command("provision-all-users").action(() => outcome(provisionAllUsers(root())))
  manage
    .command("add-email <username> <email>")
    .action((name: string, email: string) => outcome(addEmail(root(), name, email)))
  manage
    .command("lock-user <username>")
    .option("--deactivate", "deactivate too", false)
    .action((name: string, { deactivate }: { deactivate: boolean }) => outcome(lockUser(root(), name, deactivate)))
  manage
    .command("unlock-user <username>")
    .option("--reactivate", "reactivate too", false)
    .action((name: string, { reactivate }: { reactivate: boolean }) => outcome(unlockUser(root(), name, reactivate)))
  manage
    .command("kill-sessions <username>")
    .option("--dry-run", "only say what would end", false)
    .action((name: string, { dryRun }: { dryRun: boolean }) => outcome(killSessions(root(), name, dryRun)))
  addSecretCommands(manage, { root, outcome })
}

interface Outcomes extends Pick<Surroundings, "root"> {
  readonly outcome: (done: Promise<boolean>) => Promise<void>
}

/** Those that take or give a password or token: as with the real one it is in the arguments or in the log. */
function addSecretCommands(manage: Command, { root, outcome }: Outcomes): void {
  manage
    .command("set-password <username> <password>")
    .option("--ignore-complexity", "take a weak one", false)
    .action((username: string, password: string, { ignoreComplexity }: { ignoreComplexity: boolean }) =>
      outcome(setPassword(root(), { username, password, ignoreComplexity })),
    )
  manage
    .command("issue-compatibility-token <username> [device]")
    .option("--yes-i-want-to-grant-synapse-admin-privileges", "for an administrator of Synapse", false)
    .action((username: string, deviceId: string | undefined, options: Record<string, boolean>) => {
      const asSynapseAdmin = options.yesIWantToGrantSynapseAdminPrivileges === true
      return outcome(issueCompatibilityToken(root(), { username, deviceId, asSynapseAdmin }))
    })
  manage
    .command("register-user <username>")
    .option("-p, --password <PASSWORD>")
    .option("-e, --email <EMAIL>", "may be given again", collect, [])
    .option("-m, --upstream-provider-mapping <ULID:SUBJECT>", "may be given again", collect, [])
    .option("-a, --admin")
    .option("-A, --no-admin")
    .option("-d, --display-name <DISPLAY_NAME>")
    .option("-y, --yes", "the stand-in never asks", false)
    .option("--ignore-password-complexity", "take a weak one", false)
    .action((username: string, options: RegisterOptions) => outcome(registerUser(root(), newUser(username, options))))
}

interface RegisterOptions {
  readonly password?: string
  readonly email: readonly string[]
  readonly upstreamProviderMapping: readonly string[]
  readonly admin?: boolean
  readonly displayName?: string
  readonly ignorePasswordComplexity: boolean
}

function newUser(username: string, options: RegisterOptions): NewUser {
  return {
    username,
    password: options.password,
    emails: options.email,
    mappings: options.upstreamProviderMapping,
    isAdmin: options.admin,
    displayName: options.displayName,
    ignoreComplexity: options.ignorePasswordComplexity,
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
