/**
 * Every kind of refusal, in a closed list: docs/errors.md has a section for each, and a test holds the two together.
 * One line a code, sorted.
 */
export const refusalCodes = [
  "config/invalid",
  "database/lacks-rights",
  "database/missing",
  "database/password-refused",
  "database/query-failed",
  "database/table-missing",
  "database/unreachable",
  "docker/beside-busy",
  "docker/command-failed",
  "docker/container-missing",
  "docker/container-not-running",
  "docker/container-unhealthy",
  "docker/environment-not-portable",
  "docker/no-permission",
  "docker/not-installed",
  "docker/not-running",
  "host/command-failed",
  "host/command-timed-out",
  "host/disk-full",
  "host/file-changed",
  "host/file-missing",
  "host/file-not-readable",
  "host/file-not-text",
  "host/file-not-writable",
  "host/lock-busy",
  "host/lock-lost",
  "host/program-missing",
  "host/unreachable",
  "http/certificate-refused",
  "http/no-answer",
  "http/not-json",
  "http/unreachable",
] as const

export type RefusalCode = (typeof refusalCodes)[number]
