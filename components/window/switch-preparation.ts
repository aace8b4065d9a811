/** What a switch does before anything is changed, and after all is over: it tries whatever it will need. */
export const preparationFunctions = `refuse() {
  printf '%s\\n' "$*" >&2
  exit 1
}

changed_since() { # file
  printf '%s\\n' "$1" >&2
  exit 3
}

try_programs() {
  sleep 0 || refuse "sleep fails"
  : >try.a && mv -f try.a try.b && [ -e try.b ] && [ ! -e try.a ] || refuse "a file cannot be renamed in $home"
  rm -f try.b && is_away try.b || refuse "a file cannot be removed in $home"
  cmp -s run.sh run.sh || refuse "cmp fails"
  # One that always says yes would prove nothing.
  cmp -s run.sh undecided && refuse "cmp takes different files for equal"
  limited 20 true || refuse "timeout fails"
}

prepare_file() { # number, file, room, name of a trial link beside the file
  same "$1" "$2" || changed_since "$2"
  cp -p "$2" "like.$1" || refuse "$2 cannot be copied to $home"
  # Whether a rename gets from here to there, a link tells: other than a rename by mv, it never becomes a copy.
  ln "like.$1" "$4" 2>/dev/null && rm -f "$4" || make_room "$1" "$3" || refuse "no folder can be made beside $2"
  attributes_of "$2" >"attributes.$1" 2>/dev/null || :
  # Whatever one that fails has made of it.
  give_attributes "$2" "like.$1" || cp -p "$2" "like.$1" || refuse "$2 cannot be copied to $home"
  have_twin "$1" "$3" || refuse "no copy of $2 can be made that compares equal"
  # From the file itself: the switch's folder may be on a file system that has none.
  in_room "$1" "$3" give_attributes "$2" "twin.$1" || :
  have_twin "$1" "$3" || refuse "no copy of $2 can be made that compares equal"
  flush "like.$1"
  in_room "$1" "$3" flush "twin.$1" .
}

forget_file() { # number, file, room, trial link
  rm -f "$4"
  [ -e "beside.$1" ] || return 0
  in_room "$1" "$3" rm -f "twin.$1"
  rmdir "$3"
}
`
