import { inDocument, replacing } from "./in-documents.ts"
import type { Mutator } from "./mutator.ts"

const block = "matrix_authentication_service"
const enabled = `${block}:\n  enabled: true\n  endpoint: http://mas:8080/\n`

/** A delegation that somebody pasted into a server that is to check passwords itself. */
const pasted = inDocument("homeserver", [
  {
    name: "in legacy, a block that is switched on stands in homeserver.yaml",
    kind: "legacy expected, block found",
    part: "block",
    edit: (text) => `${text}${enabled}`,
    keys: [[`${block}.enabled`, "true", "false"]],
    // It stays as somebody's text, without effect.
    leaves: (text) => `${text}${enabled.replace("enabled: true", "enabled: false")}`,
  },
  {
    name: "in legacy, the experimental mode of old stands in homeserver.yaml",
    kind: "legacy expected, block found",
    part: "msc3861",
    edit: replacing("experimental_features:\n", "experimental_features:\n  msc3861: {enabled: true}\n"),
    keys: [["experimental_features.msc3861", '{"enabled":true}', "(absent)"]],
  },
  {
    name: "in legacy, a log-in by QR code that needs MAS stands in homeserver.yaml",
    kind: "legacy expected, block found",
    part: "msc4108",
    edit: replacing("experimental_features:\n", "experimental_features:\n  msc4108_enabled: true\n"),
    keys: [["experimental_features.msc4108_enabled", "true", "(absent)"]],
  },
])

/** Without what a delegated Synapse does not start with. */
function delegated(text: string, secret: string): string {
  const withoutProvider = text.replace(/oidc_providers:\n(?: {2,}.*\n)+/, "")
  return `${withoutProvider.replace("password_config:\n  enabled: true", "password_config:\n  enabled: false")}${enabled}  secret: ${secret}\n`
}

const running: Mutator = {
  name: "in legacy, Synapse was started with a block, and the file was put back",
  kind: "legacy expected, block found",
  touches: ["homeserver", "run/synapse"],
  mutate: (server) => server.edit("homeserver", (text) => delegated(text, server.newSecret())),
  loads: { service: "synapse", file: "homeserver", isPutBack: true },
  names: (server) => [
    {
      where: server.containers.synapse,
      live: "since before the file became as it is",
      wanted: "with the file as it is",
    },
  ],
  along: ["authMetadata", "loginFlows", "logoutAndRefresh", "loginFlowsOfSynapse", "migration"],
  restarts: ["synapse"],
}

const ofMas = inDocument("mas", [
  {
    name: "in legacy, MAS may write at Synapse",
    kind: "managed key changed",
    part: "kind",
    edit: replacing("  kind: synapse_read_only\n", "  kind: synapse\n"),
    keys: [["matrix.kind", "synapse", "synapse_read_only"]],
  },
])

/** Every hand on a server in legacy. */
export const onLegacy: readonly Mutator[] = [running, ...pasted, ...ofMas]
