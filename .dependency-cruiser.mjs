/**
 * Who may import whom, in one place. An arrow in CONTRIBUTING.md points at what may be imported; here each room lists
 * the rooms it may reach. A broken edge is a red build.
 */
const foundation = ["report", "host", "documents"]
const mayReach = {
  report: [],
  host: ["report"],
  documents: ["report"],
  lifecycle: ["report", "host"],
  files: [...foundation, "lifecycle"],
  config: ["report", "mas", "synapse", "migration"],
  mas: [...foundation, "files", "lifecycle", "login-surface"],
  window: ["report", "host"],
  synapse: [...foundation, "files", "lifecycle", "window", "login-surface"],
  "login-surface": ["report", "host"],
  web: [...foundation, "files", "lifecycle", "login-surface"],
  backup: [...foundation, "files", "lifecycle"],
  staging: [...foundation, "lifecycle"],
  migration: [...foundation, "files", "lifecycle", "mas", "synapse", "backup", "window", "login-surface"],
  drift: ["report", "host"],
  recovery: [...foundation, "files", "lifecycle", "synapse", "window", "config", "staging"],
  commands: [
    ...foundation,
    ...[
      "drift",
      "recovery",
      "files",
      "lifecycle",
      "login-surface",
      "mas",
      "synapse",
      "web",
      "backup",
      "window",
      "migration",
      "config",
    ],
  ],
}

const edges = Object.entries(mayReach).map(([room, reachable]) => ({
  name: `${room}-reaches-only-what-it-may`,
  severity: "error",
  from: { path: `^components/${room}/` },
  to: {
    path: "^(components|test|index)",
    pathNot: `^components/(${[room, ...reachable].join("|")})/|^components/provider\\.ts$`,
  },
}))

/** A library that belongs to one room only. */
const only = (library, allowed) => ({
  name: `${library.replace(/[^a-z]/g, "-")}-stays-in-its-room`,
  severity: "error",
  from: { path: "^components|^index", pathNot: allowed },
  to: { path: `^(node:)?(node_modules/)?${library}(/|$)` },
})

export default {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "not-to-tests", severity: "error", from: { path: "^(components|index)" }, to: { path: "^test" } },
    { name: "not-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "providers-know-no-pulumi",
      severity: "error",
      from: { path: "\\.provider\\.ts$" },
      to: { path: "node_modules/@pulumi/|^components/provider\\.ts$" },
    },
    ...edges,
    only("pg", "^components/host/"),
    only("ssh2", "^components/host/"),
    only("yaml", "^components/documents/"),
    only("execa", "^components/host/"),
    only("child_process", "^components/host/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".mjs", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
}
