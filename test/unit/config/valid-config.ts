import type { Mapping } from "../../../components/config/raw.ts"
import { readSettings, type SettingsContext } from "../../../components/config/read-settings.ts"
import { Refusal } from "../../../components/report/refusal.ts"

/** A config with nothing wrong in it, and no more than it must have. */
export const validConfig = {
  serverName: "example.org",
  synapse: {
    container: "synapse",
    homeserverYaml: "/srv/synapse/homeserver.yaml",
    url: "https://matrix.example.org/",
  },
  mas: {
    container: "mas",
    config: "/srv/mas/config.yaml",
    issuer: "https://auth.example.org/",
    endpoint: "http://mas:8080/",
    synapseEndpoint: "http://synapse:8008/",
  },
  databases: { synapse: { container: "postgres" }, mas: { container: "mas-postgres" } },
  wellKnown: { file: "/srv/wellknown/matrix/client" },
  element: { config: "/srv/element/config.json", url: "https://element.example.org/" },
  clients: [{ name: "element", redirectUris: ["https://element.example.org/"] }],
} as const satisfies Mapping

/** The valid config with some sections replaced, or changed key by key where a mapping is given. */
export function changed(changes: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...validConfig }
  for (const [key, value] of Object.entries(changes)) {
    const isSection = typeof value === "object" && value !== null && !Array.isArray(value)
    merged[key] = isSection ? { ...(merged[key] as object | undefined), ...value } : value
  }
  return merged
}

export function read(raw: unknown, context: Partial<SettingsContext> = {}) {
  return readSettings(raw, { stack: "test", secretKeys: new Set(), ...context })
}

/** The lines of the refusal that a config earns, one a mistake; none where it earns none. */
export function mistakesIn(raw: unknown, context: Partial<SettingsContext> = {}): string[] {
  try {
    read(raw, context)
    return []
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "config/invalid") throw error
    return error.next
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ""))
  }
}
