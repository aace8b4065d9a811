/**
 * Every kind of refusal, in a closed list: docs/errors.md has a section for each, and a test holds the two together.
 * One line a code, sorted.
 */
export const refusalCodes = [
  "config/invalid",
  "host/command-failed",
  "host/file-changed",
  "host/file-missing",
  "host/file-not-writable",
] as const

export type RefusalCode = (typeof refusalCodes)[number]
