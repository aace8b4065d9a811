import { newUuid, uuidToUlid } from "../ulid.ts"
import type { Rows } from "./users.ts"

/** What waits for the worker. The names and payloads are MAS's own (table `queue_jobs`). */
export type Job =
  | { readonly kind: "sync-devices"; readonly userId: string }
  | { readonly kind: "provision-user"; readonly userId: string; readonly displayName?: string }
  | { readonly kind: "deactivate-user"; readonly userId: string; readonly erase: boolean }
  | { readonly kind: "reactivate-user"; readonly userId: string }

export async function scheduleJob(rows: Rows, job: Job): Promise<void> {
  const payload = {
    user_id: uuidToUlid(job.userId),
    ...(job.kind === "provision-user" ? { set_display_name: job.displayName ?? null } : {}),
    ...(job.kind === "deactivate-user" ? { hs_erase: job.erase } : {}),
  }
  await rows.query(
    "insert into queue_jobs (queue_job_id, queue_name, payload, created_at) values ($1, $2, $3, now())",
    [newUuid(), job.kind, JSON.stringify(payload)],
  )
}
