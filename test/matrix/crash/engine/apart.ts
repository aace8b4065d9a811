import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { execa } from "execa"
import type { Outcome } from "../runs/outcome.ts"

/**
 * Plays the scenarios that an engine of its own is needed for, in a network namespace of their own, so that addresses and
 * rules of two engines do not meet. Nothing of it is left afterwards. Needs root.
 */
export async function playApart(tell: (outcome: Outcome) => Promise<void>): Promise<void> {
  const name = `matrix-auth-${randomBytes(4).toString("hex")}`
  await execa("ip", ["netns", "add", name])
  try {
    await execa("ip", ["-n", name, "link", "set", "lo", "up"])
    // Not by `ip netns exec`: that mounts another /sys, without what an engine needs of it.
    const program = [process.execPath, join(import.meta.dirname, "play.ts")]
    const playing = execa("nsenter", [`--net=/run/netns/${name}`, "--", ...program], {
      stdio: ["ignore", "pipe", "inherit"],
      buffer: false,
    })
    for await (const line of createInterface({ input: playing.stdout })) await tell(JSON.parse(line) as Outcome)
    await playing
  } finally {
    await execa("ip", ["netns", "delete", name])
  }
}
