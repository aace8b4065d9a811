/** A configuration MAS refuses, in MAS's own words. Printed as `Error: <message>`, exit code 1. */
export class ConfigError extends Error {
  override readonly name = "ConfigError"
}
