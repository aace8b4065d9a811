import { setTimeout as sleep } from "node:timers/promises"
import type { PoolClient } from "pg"
import { log } from "../logs.ts"
import { newUuid, ulidToUuid } from "../ulid.ts"
import { nextContext } from "./access-log.ts"
import { devicesOf } from "./devices.ts"
import { scheduleJob } from "./jobs.ts"
import type { Service } from "./service.ts"
import { inTransaction } from "./transactions.ts"
import { emailsOf, loadUser, lockDevicesOf, type User } from "./users.ts"

/** MAS looks for jobs about once a second; a short look keeps tests short. */
const lookEveryMilliseconds = 200

interface QueuedJob {
  readonly id: string
  readonly kind: string
  readonly attempt: number
  readonly payload: { readonly user_id: string; readonly set_display_name?: string | null; readonly hs_erase?: boolean }
}

/** Does what `queue_jobs` holds, one job at a time, oldest first, until told to stop; a job begun is done. */
export async function runWorker(service: Service, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    nextContext()
    try {
      while (!stopped.aborted && (await runOneJob(service)));
    } catch (cause) {
      log("ERROR", "mas_tasks::new_queue", `Failed to run queue: ${String(cause)}`)
    }
    await sleep(lookEveryMilliseconds, undefined, { signal: stopped }).catch(() => undefined)
  }
}

/** False when there was none to do. A failed one is tried again later, after 5 s, 10 s, 20 s and so on. */
async function runOneJob(service: Service): Promise<boolean> {
  const job = await inTransaction(service.database, takeJob)
  if (!job) return false
  try {
    await perform(service, job)
    await service.database.query(
      "update queue_jobs set status = 'completed', completed_at = now() where queue_job_id = $1",
      [job.id],
    )
  } catch (cause) {
    log("WARN", "mas_tasks::new_queue", `Job failed, will retry: ${job.kind}: ${String(cause)}`)
    await inTransaction(service.database, (rows) => retryLater(rows, job, String(cause)))
  }
  return true
}

async function takeJob(rows: PoolClient): Promise<QueuedJob | undefined> {
  const found = await rows.query<QueuedJob>(
    `update queue_jobs set status = 'running', started_at = now() where queue_job_id = (
       select queue_job_id from queue_jobs
       where status = 'available' or (status = 'scheduled' and scheduled_at <= now())
       order by queue_job_id limit 1 for update skip locked)
     returning queue_job_id as id, queue_name as kind, attempt, payload`,
  )
  return found.rows[0]
}

async function retryLater(rows: PoolClient, job: QueuedJob, reason: string): Promise<void> {
  const next = newUuid()
  await rows.query(
    `insert into queue_jobs (queue_job_id, queue_name, payload, attempt, status, scheduled_at, created_at)
     values ($1, $2, $3, $4, 'scheduled', now() + make_interval(secs => $5), now())`,
    [next, job.kind, JSON.stringify(job.payload), job.attempt + 1, 5 * 2 ** job.attempt],
  )
  await rows.query(
    `update queue_jobs set status = 'failed', failed_at = now(), failed_reason = $2, next_attempt_id = $3
     where queue_job_id = $1`,
    [job.id, reason, next],
  )
}

async function perform(service: Service, job: QueuedJob): Promise<void> {
  const user = await loadUser(service.database, uuidOf(job.payload.user_id))
  if (!user) return log("ERROR", "mas_tasks::new_queue", `Job failed, not retrying: ${job.kind}: User not found`)
  if (job.kind === "sync-devices") return syncDevices(service, user)
  if (job.kind === "provision-user") return provision(service, user, job.payload.set_display_name ?? undefined)
  if (job.kind === "deactivate-user") return deactivate(service, user, job.payload.hs_erase ?? false)
  if (job.kind === "reactivate-user") return reactivate(service, user)
  log("WARN", "mas_tasks::new_queue", `No such job in this stand-in: ${job.kind}`)
}

/** The homeserver's devices of the user become equal to ours: what we do not know is deleted there, keys included. */
async function syncDevices({ database, homeserver }: Service, user: User): Promise<void> {
  await inTransaction(database, async (rows) => {
    await lockDevicesOf(rows, user.id)
    await homeserver.syncDevices(user.username, await devicesOf(rows, user.id))
  })
}

async function provision({ database, homeserver }: Service, user: User, displayName?: string): Promise<void> {
  const emails = await emailsOf(database, user.id)
  await homeserver.provisionUser({ localpart: user.username, displayName, emails, locked: user.locked })
  await scheduleJob(database, { kind: "sync-devices", userId: user.id })
}

async function deactivate({ database, homeserver }: Service, user: User, erase: boolean): Promise<void> {
  await inTransaction(database, async (rows) => {
    const ours = [user.id]
    await rows.query("update users set deactivated_at = coalesce(deactivated_at, now()) where user_id = $1", ours)
    for (const table of ["user_sessions", "oauth2_sessions", "compat_sessions"]) {
      await rows.query(`update ${table} set finished_at = now() where user_id = $1 and finished_at is null`, ours)
    }
    await rows.query(
      `update personal_sessions set revoked_at = now()
       where (actor_user_id = $1 or owner_user_id = $1) and revoked_at is null`,
      ours,
    )
    await rows.query("delete from user_emails where user_id = $1", ours)
    await rows.query("delete from user_unsupported_third_party_ids where user_id = $1", ours)
  })
  await homeserver.deleteUser(user.username, erase)
}

async function reactivate({ database, homeserver }: Service, user: User): Promise<void> {
  await homeserver.reactivateUser(user.username)
  await database.query("update users set deactivated_at = null where user_id = $1", [user.id])
}

/** Payloads hold ULIDs; uuids are read as well. */
function uuidOf(id: string): string {
  return id.includes("-") ? id : ulidToUuid(id)
}
