/**
 * What every dead-man's switch consists of, whatever it has to put back: functions for any POSIX shell. Rules, each paid for:
 *
 * - A status counts, or it is said why not. What matters most is judged by its result: a file is in its place when it is a
 *   file there, no link, with the saved copy's very bytes.
 * - Nothing is renamed into place but a twin that compares equal; nothing else is ever written at that place.
 * - Each loop has an end and sleeps. Each program that may hang has a limit.
 * - It needs no room on the disk for what it does at the end: marks are renames of what lies ready.
 * - It notices by its own working folder, never by a path, that it was cleared away: a successor's folder has the same name.
 */
export const switchFunctions = `umask 077
LC_ALL=C
export LC_ALL
home=$(cd "\${0%/*}" && pwd -P) && cd "$home" || exit 1
changed=

say() { # a full disk must not stop the rest
  { printf '%s %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>log; } 2>/dev/null || :
}

undone() { # what could not be done although the server serves: told by the next run
  say "$*"
  { printf '%s\\n' "$*" >>undone; } 2>/dev/null || :
}

is_ready() { # one of several marks: a loss of power may have taken one of them
  [ -e ready ] || [ -e planned ] || [ -e changed ] || [ -e stood-still ]
}

still_here() { # relative: in a folder that was deleted there is nothing, whatever lies at its old path now
  [ -e run.sh ]
}

uptime_seconds() {
  read -r up _ 2>/dev/null </proc/uptime && up=\${up%%.*}
}

nap() { # seconds; where \`sleep\` fails, by the kernel's time since it started. Fails only if nothing can tell the time
  sleep "$1" 2>/dev/null && return 0
  uptime_seconds || return 1
  end=$((up + $1))
  while [ "$up" -le "$end" ]; do uptime_seconds || return 1; done
}

limited() { # seconds, then words
  limit=$1
  shift
  if command -v timeout >/dev/null 2>&1; then timeout -s KILL "$limit" "$@"; else "$@"; fi
}

logged() { # words; what they print must neither stop them nor be waited for
  if { : >>log; } 2>/dev/null; then "$@" </dev/null >>log 2>&1; else "$@" </dev/null >/dev/null 2>&1; fi
}

flush() { # to the disk, as far as this machine can: what has to outlive a loss of power
  limited 60 sync "$@" 2>/dev/null || limited 60 sync || say "sync failed"
}

same() { # number, file: it is a file there, no link, with the saved copy's bytes
  [ ! -h "$2" ] && [ -f "$2" ] && limited 60 cmp -s "before.$1" "$2"
}

whole_copy() { # number, its sum: of two copies a loss of power leaves one
  [ "$(cksum 2>/dev/null <"before.$1")" = "$2" ] && return 0
  [ "$(cksum 2>/dev/null <"like.$1")" = "$2" ] || {
    say "neither copy of file $1 has its bytes"
    return 1
  }
  cp "like.$1" before.new 2>/dev/null && mv -f before.new "before.$1" && return 0
  rm -f before.new
  # It needs no room; the twin is still there.
  mv -f "like.$1" "before.$1"
}

rename_over() { # never into a folder that lies there, never through a link
  mv -fT "$1" "$2" 2>/dev/null && return 0
  [ ! -d "$2" ] && mv -f "$1" "$2" 2>/dev/null
}

make_room() { # number, room: a folder of ours beside the file, for a twin that can be renamed from there
  mkdir -m 700 "$2" || return 1
  (
    cd -P "$2" || exit 1
    # Whoever owns the folder above may have put something else there meanwhile.
    [ -n "$(find . -prune -perm 700 -user "$(id -u)")" ] && [ -z "$(ls -A)" ] && ls -di . >"$home/beside.$1"
  )
}

in_room() { # number, room, words: there if there is one, else here
  number=$1
  room=$2
  shift 2
  (
    if [ -e "beside.$number" ]; then
      { read -r inode <"beside.$number"; } && cd -P "$room" && [ "$(ls -di .)" = "$inode" ] || exit 1
    fi
    "$@"
  ) <"before.$number"
}

twin_equal() { # number; the saved copy comes by standard input
  [ ! -h "twin.$1" ] && [ -f "twin.$1" ] && limited 60 cmp -s - "twin.$1"
}

twin_plain() {
  rm -rf "twin.$1" && cp -p "$home/like.$1" "twin.$1" || { rm -f "twin.$1"; return 1; }
}

twin_anew() {
  twin_plain "$1" && { give_attributes "$home/like.$1" "twin.$1" || :; }
}

give_attributes() { # file, copy of it: access control list and extended attributes. Only GNU cp can
  limited 20 cp --attributes-only --preserve=mode,xattr "$1" "$2" 2>/dev/null
}

attributes_of() { # file: all that this machine can tell of it, without its name
  limited 20 stat -c '%u:%g %a' "$1"
  # GNU ls has a plus where there is an access control list.
  listed=$(limited 20 ls -ld "$1") && printf '%s\\n' "\${listed%% *}"
  command -v getfacl >/dev/null && limited 20 getfacl -cnp "$1"
  command -v getfattr >/dev/null || return 0
  limited 20 getfattr --absolute-names -hd -m - -e hex "$1" | while IFS= read -r line; do
    case $line in "# file: "*) ;; *) printf '%s\\n' "$line" ;; esac
  done
}

same_attributes() { # number, file: what a former switch did not note is not missed
  [ -s "attributes.$1" ] || return 0
  [ "$(attributes_of "$2" 2>/dev/null)" = "$(cat "attributes.$1" 2>/dev/null)" ]
}

twin_in_place() { # number, file
  rename_over "twin.$1" "$2"
}

have_twin() { # number, room
  in_room "$1" "$2" twin_equal "$1" && return 0
  in_room "$1" "$2" twin_anew "$1" 2>/dev/null
  in_room "$1" "$2" twin_equal "$1" && return 0
  # Its bytes come before its attributes.
  in_room "$1" "$2" twin_plain "$1" 2>/dev/null
  in_room "$1" "$2" twin_equal "$1"
}

keep_found() { # number, file: what lies there instead, unless it is what the run itself has written
  [ -e "found.before.$1" ] && return 0
  [ -f "$2" ] && [ ! -h "$2" ] || return 0
  [ "$1" = 0 ] && limited 60 cmp -s planned "$2" && return 0
  if limited 60 cp -p "$2" "found.new" 2>/dev/null && mv -f found.new "found.before.$1"; then return 0; fi
  rm -f found.new
  # It needs no room.
  ln "$2" "found.before.$1" 2>/dev/null || say "what lay at $2 could not be kept"
}

mark_changed() { # outlives us: Synapse has to start anew, whoever goes on from here
  changed=yes
  [ -e changed ] || mv -f unchanged changed 2>/dev/null || say "could not note that a file changes"
}

put_back() { # number, file, room
  still_here || exit 1
  same "$1" "$2" && return 0
  keep_found "$1" "$2"
  mark_changed
  if have_twin "$1" "$3"; then
    in_room "$1" "$3" twin_in_place "$1" "$2" || say "could not rename the copy to $2"
  else
    say "there is no copy of $2 that compares equal"
  fi
  same "$1" "$2" || {
    say "could not put back $2"
    return 1
  }
  flush "$2" "\${2%/*}"
  say "put back $2"
  same_attributes "$1" "$2" ||
    undone "$2 has its bytes back, but not all of owner, mode, access control list and extended attributes (as they were: $home/attributes.$1)"
}

take_away() { # file that was not there before
  still_here || exit 1
  is_away "$1" && return 0
  rm -f "$1" 2>/dev/null
  is_away "$1" || {
    say "could not take away $1"
    return 1
  }
}

is_away() {
  [ ! -e "$1" ] && [ ! -h "$1" ]
}

end_container() { # name, then docker's words
  name=$1
  shift
  tries=0
  while [ $tries -lt 10 ]; do
    told=$(limited 60 "$@" container rm --force --volumes "$name" 2>&1) && return 0
    case $told in *"o such container"*) return 0 ;; esac
    tries=$((tries + 1))
    nap 2 || :
    still_here || exit 1
  done
  undone "the container $name could not be ended: $told"
}

policy_back() { # policy, container, then docker's words
  policy=$1
  name=$2
  shift 2
  tries=0
  while [ $tries -lt 10 ]; do
    told=$(limited 60 "$@" update "--restart=$policy" "$name" 2>&1) && return 0
    case $told in *"o such container"*) break ;; esac
    tries=$((tries + 1))
    nap 2 || :
    still_here || exit 1
  done
  undone "$name could not be given its restart policy $policy back: $told"
}

serve() { # Synapse, with what lies there now
  if [ -n "$changed" ] || [ -e changed ]; then
    logged restart_synapse || return 1
    # Where that fails, the next one restarts it once more, which does no harm.
    mv -f changed unchanged 2>/dev/null || :
    changed=
  else
    logged start_synapse
  fi
}

act_once() {
  put_all_back || return 1
  # Synapse never starts with another file than that.
  end_containers
  serve || {
    say "could not start Synapse"
    return 1
  }
  say "Synapse starts as before"
  policies_back
}

act() { # rounds at most
  if ! is_ready; then
    say "the arming was not finished: nothing had been changed"
    logged start_synapse
    return
  fi
  round=0
  pause=2
  until act_once; do
    round=$((round + 1))
    [ $round -lt "$1" ] || {
      say "given up after $round rounds: \\\`npm run recover\\\` goes on from here"
      return 1
    }
    nap $pause || :
    still_here || exit 1
    [ $pause -ge 60 ] || pause=$((pause * 2))
  done
}

note_acted() { # what lies ready is renamed: that needs no room on the disk
  ! is_ready || all_in_place || return 1
  { date -u +%Y-%m-%dT%H:%M:%SZ >acting; } 2>/dev/null || :
  mv -f acting acted 2>/dev/null
  [ -e acted ] || return 1
  flush . acted
}

decide() { # act: who renames it first decides, once and for all
  tries=0
  until [ -e claimed.release ] || [ -e claimed.act ]; do
    mv -f undecided claimed.act 2>/dev/null && break
    tries=$((tries + 1))
    # Whoever armed us cannot decide either, then: to serve counts most.
    [ $tries -lt 10 ] || break
    nap 1 || :
    still_here || exit 1
  done
  [ ! -e claimed.release ]
}
`

/** How the switch waits, and what becomes of it once it has acted. */
export const watchFunctions = `start_of() { # pid: when it began, in the kernel's ticks since that began
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  shift 19
  printf '%s' "$1"
}

note_alive() { # who we are: a number alone goes on to somebody else one day
  { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=
  printf '%s %s %s\\n' $$ "$(start_of $$)" "$boot" >watcher.new && mv -f watcher.new watcher || return 1
  # Of two large ones the kernel ends the other.
  { echo -900 >/proc/self/oom_score_adj; } 2>/dev/null || :
  echo $$ >watching.new && mv -f watching.new watching
}

watch() { # seconds without a sign of life
  note_alive || exit 1
  keep_environment
  left=$1
  seen=
  while [ "$left" -gt 0 ]; do
    # Who cannot wait cannot watch: the run notices, and does not go on.
    nap 1 || exit 1
    still_here || exit 0
    [ -e claimed.release ] && exit 0
    [ -e claimed.act ] && [ -e acted ] && exit 0
    now=
    { read -r now <lease; } 2>/dev/null
    if [ -n "$now" ] && [ "$now" != "$seen" ]; then
      seen=$now
      left=$1
    else
      left=$((left - 1))
    fi
  done
  decide || exit 0
  say "nobody renewed the lease for $1 s"
  act 1500 && note_acted || exit 1
  boot_off
  stay
}

stay() { # a stop or a write that was under way when its run died may still come
  rounds=0
  while [ $rounds -lt 15 ]; do
    nap 2 || exit 0
    still_here || exit 0
    if is_late; then act 3 && note_acted; else logged start_synapse; fi
    rounds=$((rounds + 1))
  done
}
`
