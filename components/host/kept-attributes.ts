import type { FileHandle } from "node:fs/promises"
import { execa } from "execa"

const limitSeconds = 10

/**
 * Gives a file the access control list and the extended attributes of another, by the handles of both (a path could be led
 * elsewhere meanwhile). By GNU cp, since Node knows neither; where cp is another one, or the file system has no such things,
 * owner and mode are what can be kept.
 */
export async function keepExtendedAttributes(from: FileHandle, to: FileHandle): Promise<void> {
  const argv = ["--attributes-only", "--preserve=mode,xattr", "--", "/proc/self/fd/3", "/proc/self/fd/4"]
  await execa("cp", argv, {
    reject: false,
    timeout: limitSeconds * 1000,
    // execa's types know small numbers only.
    stdio: ["ignore", "ignore", "ignore", from.fd as 3, to.fd as 4],
  })
}
