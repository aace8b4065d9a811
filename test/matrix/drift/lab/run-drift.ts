import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execa } from "execa"
import { asTable } from "../../../../components/drift/as-table.ts"
import type { DriftReport } from "../../../../components/drift/drift-report.ts"
import type { DriftLab } from "./drift-lab.ts"

/** A finished look, with all that it told. */
export interface Looked {
  readonly exitCode: number
  readonly report: DriftReport
  /** Every form of it, one after the other: JSON, progress, table, Markdown, page. */
  readonly told: string
}

/** `npm run drift`, as an operator types it, in every form that it has. */
export async function runDrift(lab: DriftLab, environment: Readonly<Record<string, string>> = {}): Promise<Looked> {
  const folder = await mkdtemp(join(tmpdir(), "matrix-auth-looked-"))
  try {
    const [page, summary] = [join(folder, "drift.html"), join(folder, "drift.md")]
    const words = ["--stack", lab.stack, "--json", "--html", page, "--markdown", summary]
    const { exitCode, stdout, stderr } = await execa("npm", ["run", "--silent", "drift", "--", ...words], {
      cwd: lab.project,
      env: { ...lab.environment, ...environment },
      reject: false,
      stdin: "ignore",
    })
    if (exitCode === undefined || stdout === "") throw new Error(`npm run drift did not run: ${stderr}`)
    const report = JSON.parse(stdout) as DriftReport
    const files = await Promise.all([page, summary].map((file) => readFile(file, "utf8")))
    return { exitCode, report, told: [stdout, stderr, asTable(report), ...files].join("\n") }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
