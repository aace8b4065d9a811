import type { Host } from "../host/host.ts"
import { Refusal } from "../report/refusal.ts"
import { describeFinding, type Finding } from "./finding.ts"

/** Throws `migration/pre-flight` with all that stops the cutover. */
export function demandClear(host: Host, homeserverYaml: string, stops: readonly Finding[]): void {
  if (stops.length === 0) return
  const warnings = stops.filter(({ kind }) => kind.severity === "warning")
  const keys = warnings.map(({ kind, count }) => `${kind.name}: ${count}`).join(", ")
  const hasErrors = warnings.length < stops.length
  const next = [
    ...(hasErrors ? ["Mend the errors, each as it says."] : []),
    ...(keys === "" ? [] : [`Warnings that you can live with: say so in the stack's config (acknowledge: {${keys}}).`]),
  ]
  throw new Refusal({
    code: "migration/pre-flight",
    what: `${stops.length === 1 ? "Something stands" : `${stops.length} things stand`} in the way of the migration`,
    where: { host: host.name, file: homeserverYaml },
    meaning: [
      "Nothing was changed; Synapse goes on serving.",
      ...stops.map((finding) => `  - ${finding.kind.severity}: ${describeFinding(finding)}`),
    ].join("\n"),
    next: `${next.join(" ")} Then \`pulumi up\`.`,
  })
}
