import type { Duplex } from "node:stream"

/** What a finished program left behind. */
export interface Finished {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  /** Given to the program's standard input, which is closed after it. The place for secrets: argv is public. */
  readonly stdin?: string
  /** The program is ended after this. Default: 60. */
  readonly timeoutSeconds?: number
}

export interface FileFacts {
  /** Permission bits, such as 0o600. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly modifiedAt: Date
}

/**
 * Where the files and services are. Everything that touches the server goes through it, so that the same providers
 * work on this machine and, later, over SSH: nothing above this line may assume a local file, socket or process.
 */
export interface Host {
  /** For people: `this machine`, or `user@vps`. */
  readonly name: string
  /** The text of a file. Throws `host/file-missing`. */
  read(path: string): Promise<string>
  /** The text of a file, or `undefined` where there is none. */
  readIfPresent(path: string): Promise<string | undefined>
  /** Throws `host/file-missing`. */
  stat(path: string): Promise<FileFacts>
  /**
   * Puts `after` in the place of `before` in one step (temporary file beside it, same owner and mode, fsync, rename).
   * Throws `host/file-changed` when the file no longer is `before`, `host/file-not-writable` when it cannot be written.
   */
  replace(path: string, change: { readonly before: string; readonly after: string }): Promise<void>
  /** Writes a file of ours, whole and in one step, with this mode; owner and group as those of `like`, if given. */
  write(path: string, text: string, attributes: { readonly mode: number; readonly like?: string }): Promise<void>
  /** Removes a file of ours; nothing happens where there is none. */
  remove(path: string): Promise<void>
  /** Runs a program by argv, without a shell. Resolves whatever the exit code is; throws `host/command-failed` when it cannot run at all or takes too long. */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<Finished>
  /** A TCP stream to `address:port` as seen from the host. */
  connect(address: string, port: number): Promise<Duplex>
  /** Runs `work` while holding the lock named `path` (a path beside what it guards); waits for its turn. */
  withLock<T>(path: string, work: () => Promise<T>): Promise<T>
}

/** How a resource names its host in its inputs: plain data, without secrets. SSH comes with a later issue. */
export type HostAddress = { readonly kind: "local" }
