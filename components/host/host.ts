import type { Duplex, Readable } from "node:stream"
import type { Refusal } from "../report/refusal.ts"

/** A program and its arguments. Public on the machine: never a secret in it. */
export type Argv = readonly [string, ...string[]]

/** What a finished program left behind. */
export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  /** Given to the program's standard input, which is closed after it. The place for secrets: argv is public. */
  readonly stdin?: string
  /** Path of a file on the host to read as standard input, in place of `stdin`. */
  readonly stdinFile?: string
  /** Path on the host that takes standard output byte for byte (mode 0600, emptied first); `stdout` is then empty. */
  readonly stdoutFile?: string
  /** The program is ended after this, with all that it has started. Default: 60. */
  readonly timeoutSeconds?: number
}

export interface FileFacts {
  /** Permission bits, such as 0o600. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** In bytes. */
  readonly size: number
  readonly modifiedAt: Date
  /** Device and inode: the same for one and the same file, by whatever path. It goes with `replace`. */
  readonly identity: string
}

/** How a path leads to what it names. */
export interface Way {
  /** Where that is, without a link in it. */
  readonly real: string
  /** The symbolic links that are followed, each by its own real path. */
  readonly links: readonly string[]
}

/** What is to be packed. */
export interface Packing {
  /** Absolute real paths: files, links, and folders with all that is in them. What is not there any more is an error. */
  readonly paths: readonly string[]
  /** Absolute real paths of folders that are packed by themselves, without what is in them. */
  readonly alone?: readonly string[]
  /** A single file that is larger is left out. In bytes. Default: none is too large. */
  readonly mostBytes?: number
}

/** What became of it. */
export interface Packed {
  /** Folders above the paths that are in the archive as well, by themselves, from the outside in. */
  readonly folders: readonly string[]
  /** What was neither opened nor followed, and why. */
  readonly leftOut: readonly { readonly path: string; readonly why: Refusal }[]
}

/** What the file must still be, and what it is to become. */
export interface Change {
  readonly before: string
  readonly after: string
}

/**
 * Where the files and services are. Everything that touches the server goes through it, so that the same providers
 * work on this machine and, later, over SSH: nothing above this line may assume a local file, socket or process.
 */
export interface Host {
  /** For people: `this machine`, or `user@vps`. */
  readonly name: string
  /**
   * The text of a file, a byte order mark included. Throws `host/file-missing`, `-not-readable`, `-not-text`, and
   * `host/file-not-plain` for what others can have planted there: a FIFO, a socket, a device, a second name of another file, a
   * link of theirs to what is not theirs. That holds for all that is below; nothing planted is opened, followed or waited for.
   */
  read(path: string): Promise<string>
  /** The text of a file, or `undefined` where there is none. */
  readIfPresent(path: string): Promise<string | undefined>
  /**
   * The bytes of a file as they come, for one that is too large to hold, or no text. Whoever asks for it reads it to its
   * end or destroys it. Throws as `read` does, before the first byte.
   */
  readStream(path: string): Promise<Readable>
  /** Throws `host/file-missing`. */
  stat(path: string): Promise<FileFacts>
  /**
   * Where a path leads, without a link in it; one at which there is nothing is itself. Throws `host/file-not-plain` where a link
   * that others can have planted leads to what is not theirs: a program's own `readlink -f` follows that as well.
   */
  realPath(path: string): Promise<string>
  /** As `realPath`, with the links on the way; `undefined` where there is nothing. */
  wayTo(path: string): Promise<Way | undefined>
  /**
   * Makes a folder of ours (0700), with all that are missing above it; one that is there becomes one for its owner only. Throws
   * `host/folder-not-ours` where others own it, or a folder above it, and so could put another one in its place.
   */
  makeFolder(path: string): Promise<void>
  /**
   * Puts files into a tar at `to` (0600), by their absolute paths without the first slash, with owner, mode and time; a folder
   * above them is in it, too, where its owner or mode matters or others can put a link in its place: whoever unpacks it gets
   * the folder and not what a link there leads to. Each is reached as `read` does it, whatever is swapped meanwhile; what
   * others can have planted is left out. Throws as `write` does for `to`, and as `read` does for what cannot be read.
   */
  pack(to: string, packing: Packing): Promise<Packed>
  /**
   * Puts `after` in the place of `before` in one step (temporary file beside it, same owner, mode, access control list and
   * extended attributes, fsync, rename), one at a time. Through a symbolic link it changes what the link points at, never the link.
   *
   * The file becomes another inode: a container that mounts this very file, not its folder, goes on seeing the old
   * one until the container restarts (`mountsFileItself` tells).
   *
   * Throws `host/file-changed` when the file no longer is `before`, `host/file-not-writable` when it cannot be
   * written or its owner not be kept, `host/disk-full`; the file is then as it was and nothing lies beside it.
   */
  replace(path: string, change: Change): Promise<void>
  /**
   * Writes a file of ours, whole and in one step, with this mode; owner and group as those of `like`, if given. What lies at
   * its name, a link as well, is taken out of its place, and what it leads to left alone.
   * Folders that are missing above it are made (mode 0700). Throws as `replace` does.
   */
  write(path: string, text: string, attributes: { readonly mode: number; readonly like?: string }): Promise<void>
  /** Removes a file of ours; nothing happens where there is none. */
  remove(path: string): Promise<void>
  /**
   * Runs a program by argv, without a shell. Resolves whatever the exit code is. Throws `host/program-missing`,
   * `host/command-timed-out`, and `host/command-failed` when it cannot run at all.
   */
  exec(argv: Argv, options?: ExecOptions): Promise<Finished>
  /** A TCP stream to `address:port` as seen from the host. Throws `host/unreachable`. */
  connect(address: string, port: number): Promise<Duplex>
  /**
   * Runs `work` while holding the lock named `path`, in a folder of ours; waits for its turn, `waitSeconds` at most (default 600). Not reentrant. A holder that dies, however it dies, lets go at once.
   * Throws `host/lock-busy`, and `host/lock-lost` after the work when the lock was taken from us meanwhile.
   */
  withLock<T>(path: string, work: () => Promise<T>, options?: { readonly waitSeconds?: number }): Promise<T>
  /**
   * As `withLock`, for what is done to somebody else's file: the lock lies in a folder of ours, and is the same however the
   * path to the file is written. `purpose` tells it from other locks on that file, such as the one of `replace`.
   */
  withLockOn<T>(
    file: string,
    purpose: string,
    work: () => Promise<T>,
    options?: { readonly waitSeconds?: number },
  ): Promise<T>
}

/** How a resource names its host in its inputs: plain data, without secrets. SSH comes with a later issue. */
export type HostAddress = { readonly kind: "local" }
