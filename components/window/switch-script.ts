import type { Argv } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { containerOf, engineOf } from "../host/service-address.ts"
import { type BootFile, bootWords } from "./boot-start.ts"
import { bootFunctions } from "./switch-boot.ts"
import { switchFunctions, watchFunctions } from "./switch-functions.ts"
import { preparationFunctions } from "./switch-preparation.ts"

/** What the switch does when nobody renews its lease any more. */
export interface SwitchPlan {
  /** Synapse: it has to serve again. */
  readonly service: ServiceAddress
  /** What has to lie where. The first is the one that the window is about. */
  readonly files: readonly PlannedFile[]
  /** One-shot containers that may still be at work. */
  readonly end: readonly { readonly service: ServiceAddress; readonly name: string }[]
  /** Containers that start with the engine while the window is open, each with the restart policy that it had before. */
  readonly policies: readonly { readonly service: ServiceAddress; readonly policy: string }[]
  /** What lets it act at boot; `undefined`: nothing of ours does. */
  readonly boot?: BootFile | undefined
}

export interface PlannedFile {
  /** Real path on the host. */
  readonly path: string
  /**
   * What `cksum` says of its saved copy, which is `before.N`, N being its place in the list; `undefined`: the file was not
   * there. A second copy lies beside: of two, a loss of power leaves one whole.
   */
  readonly sum: string | undefined
  /**
   * A name beside the file that nobody knows: of a folder of ours, should its copy be impossible to rename from the switch's
   * own. The file's folder may belong to others, who could plant a link at a name that they know.
   */
  readonly room: string
}

/** How long the engine, or a command in its place, may take to start Synapse. */
const startSeconds = 300

/**
 * The dead-man's switch, as a program for any POSIX shell. It lies in a folder of its own beside its saved copies.
 *
 * `prepare` tries all that it will need, before anything is changed: exit code 3 when a file is no longer what was saved.
 * `watch SECONDS` waits as long as the lease is renewed, by counting: clocks may jump. `act` puts everything back at once.
 * Who renames `undecided` first decides how it ends, once and for all: the run that releases it, or the switch. `forget` takes
 * away what lies elsewhere, before the folder goes. `verify` says by its exit code whether everything is as before, `late`
 * whether what the window was to write lies there. `boot` is for what
 * runs when the machine has started anew: it acts at once, and does nothing as long as the machine has not restarted.
 */
export function switchScript(plan: SwitchPlan): string {
  return [
    "#!/bin/sh",
    "# The dead-man's switch of matrix-auth: when the run that armed it is gone, it lets the server serve as before.",
    switchFunctions,
    watchFunctions,
    preparationFunctions,
    bootFunctions,
    planned(plan),
    verbs,
  ].join("\n")
}

const scriptEnd = "# That is all of it.\n"
/** As those ended that earlier versions armed. */
const formerEnd = "    policies_back\n    ;;\nesac\n"

/** Whether nothing of the program is missing at its end, as a loss of power could have it. */
export function isWholeScript(text: string): boolean {
  return text.endsWith(scriptEnd) || text.endsWith(formerEnd)
}

const verbs = `case $1 in
  prepare) prepare ;;
  watch) watch "$2" ;;
  boot) boot ;;
  act) act 8 && note_acted && boot_off ;;
  verify) all_in_place ;;
  late) is_late ;;
  forget) forget ;;
  *) exit 64 ;;
esac
${scriptEnd}`

/** What this one puts back and starts. */
function planned({ service, files, end, policies, boot }: SwitchPlan): string {
  const there = files.flatMap((file, index) => (file.sum === undefined ? [] : [{ ...file, sum: file.sum, index }]))
  const absent = files.filter(({ sum }) => sum === undefined)
  const [first] = there
  return [
    ...shellFunction("start_synapse", [`limited ${startSeconds} ${words(argvOf(service, "start"))}`]),
    ...shellFunction("restart_synapse", [`limited ${startSeconds} ${words(argvOf(service, "restart"))}`]),
    ...shellFunction("put_all_back", [
      "status=0",
      // The one that is served with comes first, and none keeps the others from being tried.
      ...there.map(({ index, sum }) => `whole_copy ${index} ${quote(sum)}`),
      ...there.map(({ index, path, room }) => `put_back ${index} ${quote(path)} ${quote(room)} || status=1`),
      ...absent.map(({ path }) => `take_away ${quote(path)} || status=1`),
      "return $status",
    ]),
    ...shellFunction("all_in_place", [
      ...there.map(({ index, path }) => `same ${index} ${quote(path)} || return 1`),
      ...absent.map(({ path }) => `is_away ${quote(path)} || return 1`),
    ]),
    ...shellFunction(
      "is_late",
      first === undefined
        ? ["return 1"]
        : [
            `[ -f planned ] && limited 60 cmp -s planned ${quote(first.path)} && ! same ${first.index} ${quote(first.path)}`,
          ],
    ),
    ...shellFunction(
      "end_containers",
      end.map((one) => `end_container ${quote(one.name)} ${words(engineOf(one.service))}`),
    ),
    ...shellFunction("policies_back", policies.map(policyLine)),
    ...shellFunction("prepare", [
      "try_programs",
      ...programsOf({ service, end, policies }).map(
        (one) => `command -v ${quote(one)} >/dev/null || refuse ${quote(`there is no program ${one}`)}`,
      ),
      ...there.map((file) => `prepare_file ${fileWords(file)}`),
      ...absent.map(({ path }) => `is_away ${quote(path)} || changed_since ${quote(path)}`),
      "flush .",
    ]),
    ...shellFunction("forget", [...there.map((file) => `forget_file ${fileWords(file)}`), "policies_back", "boot_off"]),
    ...shellFunction("boot_file", boot === undefined ? [] : [`boot_gone ${words(bootWords(boot))}`]),
  ].join("\n")
}

/** The programs that it could not do without. Pure. */
export function programsOf({ service, end, policies }: Pick<SwitchPlan, "service" | "end" | "policies">) {
  const ofService = [argvOf(service, "start"), argvOf(service, "restart")].map(([program]) => program)
  return [...new Set([...ofService, ...[...end, ...policies].map((one) => engineOf(one.service)[0])])]
}

function shellFunction(name: string, lines: readonly string[]): readonly string[] {
  const body = lines.length === 0 ? [":"] : lines
  return [`${name}() {`, ...body.map((line) => `  ${line}`), "}", ""]
}

function fileWords({ index, path, room }: PlannedFile & { readonly index: number }): string {
  return [String(index), quote(path), quote(room), quote(`${room}.link`)].join(" ")
}

function policyLine({ service, policy }: SwitchPlan["policies"][number]): string {
  return `policy_back ${quote(policy)} ${quote(containerOf(service))} ${words(engineOf(service))}`
}

function argvOf(service: ServiceAddress, verb: "start" | "restart"): Argv {
  return service.commands?.[verb] ?? [...engineOf(service), verb, containerOf(service)]
}

function words(argv: readonly string[]): string {
  return argv.map(quote).join(" ")
}

/** As one word of a POSIX shell, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
