import assert from "node:assert/strict"
import { test } from "node:test"
import pRetry from "p-retry"
import { ask } from "./http/ask.ts"
import { type MasUnderTest, startMas } from "./http/mas-under-test.ts"
import { Names } from "./http/names.ts"
import { type RecordedCall, type RecordedCalls, recordedCalls } from "./http/recorded.ts"
import { alice, seededNames } from "./http/seed.ts"

test("MAS calls on its homeserver what the real 1.22.0 was seen to call, after each thing that is done", async (t) => {
  await using mas = await startMas()
  // When these calls were recorded, nobody had logged in by browser.
  await mas.query("update oauth2_sessions set finished_at = now()")
  const names = new Names(seededNames)
  const doings = doingsOf(mas, names)
  for (const recorded of await recordedCalls()) {
    await t.test(`after ${recorded.after}`, async () => {
      mas.homeserver.forget()
      await (doings[recorded.after] ?? (() => mas.command("manage", ...(recorded.arguments ?? []))))()
      await finished(mas, recorded)
      names.match(inOrder(mas.homeserver.calls), inOrder(await expected(mas, recorded)))
    })
  }
})

/** The two that are no commands. */
function doingsOf(mas: MasUnderTest, names: Names): Readonly<Record<string, () => Promise<unknown>>> {
  const identifier = { type: "m.id.user", user: "alice" }
  const credentials = { type: "m.login.password", identifier, password: "pw-alice" }
  return {
    "compat log-in": async () => {
      const display = { initial_device_display_name: "canary" }
      const answer = await ask(`${mas.url}/_matrix/client/v3/login`, { json: { ...credentials, ...display } })
      names.match(answer.json, {
        access_token: "<compat-token>",
        device_id: "<compat-device>",
        user_id: "@alice:ex.test",
      })
    },
    "log-out": () =>
      ask(`${mas.url}/_matrix/client/v3/logout`, {
        method: "POST",
        headers: { authorization: names.fill("Bearer <compat-token>") },
      }),
  }
}

/** The worker comes to its jobs when it does; the recording says how many calls there are to wait for. */
async function finished({ homeserver, query }: MasUnderTest, { calls }: RecordedCalls): Promise<void> {
  const look = async () => {
    const waiting = await query(
      "select 1 from queue_jobs where status in ('available', 'running') and schedule_name is null",
    )
    assert.ok(homeserver.calls.length >= calls.length && waiting.length === 0, "calls are still to come")
  }
  await pRetry(look, { retries: 200, minTimeout: 50, factor: 1 })
}

/** Jobs run side by side: which comes first differs from run to run, with the real one too. */
function inOrder(calls: readonly RecordedCall[]): readonly RecordedCall[] {
  const sorted = calls.map((call) => ({ ...call, request: withSortedDevices(call.request) }))
  return sorted.sort((one, other) => `${one.path}${localpart(one)}`.localeCompare(`${other.path}${localpart(other)}`))
}

function localpart({ request }: RecordedCall): string {
  return request === null ? "" : (request as { localpart: string }).localpart
}

function withSortedDevices(request: unknown): unknown {
  if (request === null || !Array.isArray((request as { devices?: unknown }).devices)) return request
  const { devices, ...rest } = request as { devices: string[] }
  return { ...rest, devices: [...devices].sort() }
}

/** The devices of the recording's own day are written as `<open-devices>`: here they are those of the open sessions. */
async function expected({ query }: MasUnderTest, { calls }: RecordedCalls): Promise<readonly RecordedCall[]> {
  const open = await query("select device_id from compat_sessions where user_id = $1 and finished_at is null", [alice])
  const devices = open.map(({ device_id }) => device_id)
  return calls.map((call) => {
    const request = call.request as { devices?: unknown } | null
    return request?.devices === "<open-devices>" ? { ...call, request: { ...request, devices } } : call
  })
}
