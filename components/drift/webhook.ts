import { request } from "../host/http.ts"
import { Refusal } from "../report/refusal.ts"
import type { DriftReport, FoundItem } from "./drift-report.ts"
import { headline, whereabouts } from "./wording.ts"

const most = 10

/**
 * Tells a room that something is not as it should be: `{"text": …}`, which Slack's incoming webhooks and Matrix's generic
 * ones (matrix-hookshot) both take. Who knows the address may write there, so it is shown nowhere.
 *
 * Throws `drift/webhook-failed`.
 */
export async function tellWebhook(address: string, report: DriftReport, runUrl?: string): Promise<void> {
  const text = messageOf(report, runUrl)
  const answer = await request(undefined, { url: address, method: "POST", body: { text } }).catch(() => undefined)
  if (answer === undefined) throw refused("did not answer, or its address is none")
  if (answer.status >= 300) throw refused(`answered with HTTP ${answer.status}`)
}

function messageOf(report: DriftReport, runUrl: string | undefined): string {
  const { items, troubles } = report
  const more = items.length > most ? [`… and ${items.length - most} more`] : []
  // Of an error its first line: the whole is in the job's log.
  const lines = [...troubles.map(({ text }) => text.split("\n")[0] ?? ""), ...items.slice(0, most).map(lineOf), ...more]
  return [headline(report), ...lines.map((line) => `• ${line}`), ...(runUrl === undefined ? [] : [runUrl])]
    .map(escapeForChat)
    .join("\n")
}

function lineOf({ where, live, wanted, found }: FoundItem): string {
  const place = [where.resource, ...whereabouts(where), where.keyPath].filter(Boolean).join(", ")
  return `${found}: ${place}: ${live} → ${wanted}`
}

/** Slack's own three (api.slack.com, formatting text); Matrix shows them as what they stand for. */
function escapeForChat(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
}

function refused(how: string): Refusal {
  return new Refusal({
    code: "drift/webhook-failed",
    what: `The webhook ${how}`,
    meaning: "Nobody was told there. What was found is printed, and the exit code is that of what was found.",
    next: "Check the address in MATRIX_AUTH_DRIFT_WEBHOOK, and whether this machine reaches it.",
  })
}

/** Where the CI's run is to be looked at, by what GitHub and Forgejo, or GitLab, tell each job. */
export function runUrlOf(environment: NodeJS.ProcessEnv): string | undefined {
  const { CI_JOB_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = environment
  if (CI_JOB_URL) return CI_JOB_URL
  if (!GITHUB_SERVER_URL || !GITHUB_REPOSITORY || !GITHUB_RUN_ID) return undefined
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`
}
