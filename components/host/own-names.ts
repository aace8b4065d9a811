import { createHash, randomBytes } from "node:crypto"

/**
 * Every name of ours beside somebody else's file: the one place that makes them. Whoever can write to that folder can plant
 * anything there, so that each is made exclusively, without following a link, below a handle of the folder: by `local-writes.ts`, and
 * the room by the switch. Tests plant everything at each of these.
 */
export const namesBeside = {
  /** Of the new text until it is renamed into its place. It ends in nothing that a folder of settings is read for. */
  temporary: (file: string) => `.${file}.${randomBytes(6).toString("hex")}.new`,
  /** A folder of ours in which the dead-man's switch has its copy ready, where no rename leads from our own folder to the file's disk. */
  twinRoom: (file: string) => `.${file}.${randomBytes(6).toString("hex")}.matrix-auth`,
  /** A new text that is tried by a service which is no container, and finds its files beside each other. */
  candidate: (file: string) => `${file}.candidate`,
} as const satisfies Readonly<Record<string, (file: string) => string>>

/** Names that we once used there, and that nothing of ours reads or writes any more. */
export const namesOnceBeside = {
  lock: (file: string) => `.${file}.being-replaced`,
  lockOfClients: (file: string) => `${file}.matrix-auth-lock`,
} as const satisfies Readonly<Record<string, (file: string) => string>>

/** In our own folder for locks: which file it is, by its folder's device and inode, however the path to it is written. */
export function lockName(
  folder: { readonly dev: bigint; readonly ino: bigint },
  file: string,
  purpose: string,
): string {
  return `${folder.dev}-${folder.ino}-${createHash("sha256").update(file).digest("hex").slice(0, 16)}.${purpose}`
}
