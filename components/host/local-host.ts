import type { Host } from "./host.ts"
import { execLocally } from "./local-exec.ts"
import { readLocal, readLocalIfPresent, realPathLocal, removeLocal, statLocal, streamLocal } from "./local-files.ts"
import { withLocalLock, withLocalLockOn } from "./local-lock.ts"
import { connectLocally } from "./local-tcp.ts"
import { layRestoreCopyLocal, replaceLocal, writeLocal } from "./local-writes.ts"

/** The machine that this process runs on. */
export const localHost: Host = {
  name: "this machine",
  read: readLocal,
  readIfPresent: readLocalIfPresent,
  readStream: streamLocal,
  stat: statLocal,
  realPath: realPathLocal,
  replace: replaceLocal,
  layRestoreCopy: layRestoreCopyLocal,
  write: writeLocal,
  remove: removeLocal,
  exec: execLocally,
  connect: connectLocally,
  withLock: withLocalLock,
  withLockOn: withLocalLockOn,
}
