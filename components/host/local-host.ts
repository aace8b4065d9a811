import type { Host } from "./host.ts"
import { execLocally } from "./local-exec.ts"
import { readLocal, readLocalIfPresent, realPathLocal, removeLocal, statLocal, streamLocal } from "./local-files.ts"
import { lockSeconds, withLocalLock, withLocalLockOn } from "./local-lock.ts"
import { connectLocally } from "./local-tcp.ts"
import { replaceLocal, writeLocal } from "./local-writes.ts"
import { fileSeconds, withinLimit } from "./within-limit.ts"

/** The machine that this process runs on. */
export const localHost: Host = {
  name: "this machine",
  read: withinLimit(readLocal),
  readIfPresent: withinLimit(readLocalIfPresent),
  readStream: withinLimit(streamLocal),
  stat: withinLimit(statLocal),
  realPath: withinLimit(realPathLocal),
  // It waits for its turn.
  replace: withinLimit(replaceLocal, lockSeconds + fileSeconds),
  write: withinLimit(writeLocal),
  remove: withinLimit(removeLocal),
  exec: execLocally,
  connect: connectLocally,
  withLock: withLocalLock,
  withLockOn: withLocalLockOn,
}
