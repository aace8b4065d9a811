/** Takes away the file that lets the switch act at boot; also for whoever finds one without its switch. */
export const bootGone = `boot_gone() { # path, and for a unit its name and its link
  is_gone() { [ ! -e "$1" ] && [ ! -h "$1" ]; }
  is_gone "$1" && is_gone "\${3:-$1}" && return 0
  [ $# -eq 1 ] || limited 60 systemctl disable --quiet "$2" >/dev/null 2>&1
  rm -f "$1" \${3:+"$3"}
  [ $# -eq 1 ] || limited 60 systemctl daemon-reload >/dev/null 2>&1
  is_gone "$1" && is_gone "\${3:-$1}"
}`

/**
 * What the switch does when the machine has restarted: nobody renews a lease any more, and what starts Synapse at boot may not be
 * there. It acts at once, since everybody who could have been at work is gone; with the environment that it was armed in, which a boot does not have.
 */
export const bootFunctions = `${bootGone}

boot_off() {
  # Planned below: nothing, where the engine starts Synapse.
  boot_file || undone "the file that lets it act at boot could not be taken away"
}

keep_environment() { # whole or not at all: its last line says so
  { export -p && echo '# whole'; } >environment.new 2>/dev/null && flush environment.new && mv -f environment.new environment || :
}

use_environment() {
  # What was cut off may be any word, a program's name too: nothing of it is run.
  [ "$(tail -n 1 environment 2>/dev/null)" != '# whole' ] || . ./environment
}

is_another_boot() {
  { read -r now </proc/sys/kernel/random/boot_id; } 2>/dev/null || return 0
  { read -r noted <watcher; } 2>/dev/null || return 0
  [ "\${noted##* }" != "$now" ]
}

boot() {
  is_another_boot || exit 0
  use_environment
  decide || { boot_off; exit 0; }
  if [ ! -e acted ]; then
    say "the machine was restarted in the window"
    act 1500 && note_acted || exit 1
  fi
  boot_off
}
`
