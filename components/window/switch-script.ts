import type { Argv } from "../host/host.ts"
import type { ServiceAddress } from "../host/service-address.ts"
import { containerOf, engineOf } from "../host/service-address.ts"

/** What the switch does when nobody renews its lease any more. */
export interface SwitchPlan {
  /** Synapse: it has to serve again. */
  readonly service: ServiceAddress
  /** Real paths on the host, each with the name of its saved copy; no copy: the file was not there. */
  readonly files: readonly { readonly path: string; readonly saved?: string }[]
  /** One-shot containers that may still be at work. */
  readonly end: readonly { readonly service: ServiceAddress; readonly name: string }[]
  /** Containers that start with the engine while the window is open, each with the restart policy that it had before. */
  readonly policies: readonly { readonly service: ServiceAddress; readonly policy: string }[]
}

/** The copy that lies ready beside a file, to be renamed into its place. */
export const twinEnding = ".matrix-auth-before"

const helping = `#!/bin/sh
# The dead-man's switch of matrix-auth: when the run that armed it is gone, it lets the server serve as before.
umask 077
cd "\${0%/*}" || exit 1
changed=

say() { # a full disk must not stop the rest
  printf '%s %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>log 2>/dev/null || :
}

put_back() { # saved copy, file; its twin lies ready beside it, so that a full disk is no hindrance
  [ -e "$1" ] || return 0
  tries=0
  until cmp -s "$1" "$2"; do
    changed=yes
    [ -e "found.$1" ] || cp -p "$2" "found.$1" 2>/dev/null || rm -f "found.$1"
    [ -e "$2${twinEnding}" ] || { cp -p "$2" "$2${twinEnding}" && cat "$1" >"$2${twinEnding}"; } 2>/dev/null
    mv -f "$2${twinEnding}" "$2" && say "put back $2" && continue
    say "could not put back $2"
    tries=$((tries + 1))
    [ $tries -lt 30 ] || return 1
    sleep 2
  done
}

end_container() { # name, then docker's words
  name=$1
  shift
  tries=0
  while [ $tries -lt 150 ]; do
    told=$("$@" container rm --force --volumes "$name" 2>&1) && return 0
    case $told in *"o such container"*) return 0 ;; esac
    tries=$((tries + 1))
    sleep 2
  done
  say "could not end $name: $told"
}

policy_back() { # policy, container, then docker's words
  policy=$1
  name=$2
  shift 2
  tries=0
  while [ $tries -lt 10 ]; do
    told=$("$@" update "--restart=$policy" "$name" 2>&1) && return 0
    case $told in *"annot connect to "*|*"error during connect"*) ;; *) break ;; esac
    tries=$((tries + 1))
    sleep 2
  done
  say "could not give $name its restart policy $policy back: $told"
}

note_acted() { # what lies ready is renamed: that needs no room on the disk
  date -u +%Y-%m-%dT%H:%M:%SZ >acting
  mv -f acting acted
}
`

const watching = `watch() { # seconds without a sign of life
  left=$1
  seen=
  while [ "$left" -gt 0 ]; do
    sleep 1
    [ -e run.sh ] || exit 0
    case $(cat claimed 2>/dev/null) in
      release) exit 0 ;;
      act) [ -e acted ] && exit 0 ;;
    esac
    now=$(cat lease 2>/dev/null)
    if [ "$now" != "$seen" ]; then
      seen=$now
      left=$1
    else
      left=$((left - 1))
    fi
  done
  ln claim.switch claimed 2>/dev/null
  [ "$(cat claimed)" = act ] || exit 0
  say "nobody renewed the lease for $1 s"
  act
  note_acted
  # A stop that was under way when its run died may still come: what runs already is left alone.
  rounds=0
  while [ $rounds -lt 15 ]; do
    sleep 2
    [ -e run.sh ] || exit 0
    start_synapse
    rounds=$((rounds + 1))
  done
}
`

/**
 * The dead-man's switch, as a program for any POSIX shell. It lies in a folder of its own beside its saved copies.
 * Whatever it writes at the end lies ready from the beginning, so that a full disk is no hindrance.
 *
 * `watch SECONDS` waits as long as the lease is renewed, by counting: clocks may jump. `act` puts everything back at once.
 * Whoever links `claimed` first decides how it ends, once and for all: the run that releases it, or the switch. `forget`
 * takes away what lies elsewhere, before the folder goes.
 */
export function switchScript(plan: SwitchPlan): string {
  const forget = plan.files.map(({ path }) => `    rm -f -- ${quote(`${path}${twinEnding}`)}\n`).join("")
  return [
    helping,
    acting(plan),
    watching,
    `case $1 in
  watch) echo $$ >watching && watch "$2" ;;
  act) act && note_acted ;;
  forget)
${forget}    policies_back
    ;;
esac
`,
  ].join("\n")
}

/** What is put back and started here. */
function acting(plan: SwitchPlan): string {
  const putBack = [...plan.end.map(endLine), ...plan.files.map(fileLine)].map((line) => `  ${line}\n`).join("")
  const policies = plan.policies.map((one) => `  ${policyLine(one)}\n`).join("")
  return `start_synapse() {
  ${words(argvOf(plan.service, "start"))} >>log 2>&1
}

restart_synapse() {
  ${words(argvOf(plan.service, "restart"))} >>log 2>&1
}

policies_back() {
${policies}  :
}

act() {
${putBack}  if [ -n "$changed" ]; then
    until restart_synapse; do sleep 2; done
  else
    until start_synapse; do sleep 2; done
  fi
  say "Synapse starts as before"
  policies_back
}
`
}

function endLine({ service, name }: SwitchPlan["end"][number]): string {
  return `end_container ${quote(name)} ${words(engineOf(service))}`
}

function policyLine({ service, policy }: SwitchPlan["policies"][number]): string {
  return `policy_back ${quote(policy)} ${quote(containerOf(service))} ${words(engineOf(service))}`
}

function fileLine({ path, saved }: SwitchPlan["files"][number]): string {
  return saved === undefined ? `rm -f -- ${quote(path)}` : `put_back ${quote(saved)} ${quote(path)}`
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
