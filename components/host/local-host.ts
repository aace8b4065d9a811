import type { Host } from "./host.ts"
import { packLocal } from "./local-archive.ts"
import { execLocally } from "./local-exec.ts"
import {
  readLocal,
  readLocalIfPresent,
  realPathLocal,
  removeLocal,
  statLocal,
  streamLocal,
  wayToLocal,
} from "./local-files.ts"
import { lockSeconds, withLocalLock, withLocalLockOn } from "./local-lock.ts"
import { connectLocally } from "./local-tcp.ts"
import { replaceLocal, writeLocal } from "./local-writes.ts"
import { makeFolderLocal } from "./own-folder.ts"
import { fileSeconds, withinLimit } from "./within-limit.ts"

/** Media of years. */
const packHours = 12

/** The machine that this process runs on. */
export const localHost: Host = {
  name: "this machine",
  read: withinLimit(readLocal),
  readIfPresent: withinLimit(readLocalIfPresent),
  readStream: withinLimit(streamLocal),
  stat: withinLimit(statLocal),
  realPath: withinLimit(realPathLocal),
  wayTo: withinLimit(wayToLocal),
  makeFolder: withinLimit(makeFolderLocal),
  pack: withinLimit(packLocal, packHours * 3600),
  // It waits for its turn.
  replace: withinLimit(replaceLocal, lockSeconds + fileSeconds),
  write: withinLimit(writeLocal),
  remove: withinLimit(removeLocal),
  exec: execLocally,
  connect: connectLocally,
  withLock: withLocalLock,
  withLockOn: withLocalLockOn,
}
