import { posix } from "node:path"
import type { Host } from "../host/host.ts"
import { demand } from "./backups.ts"

/** Paths as the disk has them: an archive holds each file once, by this, and beside it the links that lead there. */
export interface RealPaths {
  /** By path as it was asked for: where the file or folder is, links followed. What is not there is missing here. */
  readonly real: ReadonlyMap<string, string>
  /** Symbolic links on the way to any of them, by their own real path. */
  readonly links: readonly string[]
}

/** Says each link on the way, and then where it ends; 40 links are as many as the kernel follows. */
const script = String.raw`
for p; do
  [ -e "$p" ] || continue
  printf 'asked %s\n' "$p"
  way=$p left=40
  while [ "$left" -gt 0 ]; do
    left=$((left - 1)) at= rest=$way link=
    while [ -n "$rest" ]; do
      part=${"$"}{rest%%/*}
      case $rest in */*) rest=${"$"}{rest#*/} ;; *) rest= ;; esac
      [ -n "$part" ] || continue
      at=$at/$part
      if [ -L "$at" ]; then link=$at; break; fi
    done
    [ -n "$link" ] || break
    printf 'link %s\n' "$link"
    to=$(readlink -- "$link")
    case $to in /*) way=$to/$rest ;; *) way=${"$"}{link%/*}/$to/$rest ;; esac
  done
  printf 'real %s\n' "$(readlink -f -- "$p")"
done`

/** Finds out where paths of the host are. Reads only. */
export async function realPathsOf(host: Host, paths: readonly string[]): Promise<RealPaths> {
  const real = new Map<string, string>()
  const links = new Set<string>()
  if (paths.length === 0) return { real, links: [] }
  const asked = [...new Set(paths)]
  const stdout = await demand(host, ["sh", "-c", script, "sh", ...asked], asked[0] ?? "/")
  let path = ""
  for (const line of stdout.split("\n")) {
    const [, what, rest = ""] = /^(asked|link|real) (\/.*)$/.exec(line) ?? []
    if (what === "asked") path = rest
    // What comes before the last name of it is no link: so `..` means what it says.
    if (what === "link") links.add(posix.normalize(rest))
    if (what === "real") real.set(path, rest)
  }
  return { real, links: [...links] }
}
