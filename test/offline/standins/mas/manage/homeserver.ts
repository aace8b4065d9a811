import { STATUS_CODES } from "node:http"
import type { MatrixConfig } from "../config/matrix.ts"
import { trimmedSecret } from "../config/secret.ts"
import { Failure } from "../failure.ts"
import { log } from "../logs.ts"
import { manageTarget } from "./person.ts"

/** Makes a device on the homeserver. Why it could not is only logged. */
export async function upsertDevice(
  matrix: MatrixConfig,
  { localpart, deviceId }: { localpart: string; deviceId: string },
): Promise<boolean> {
  const body = JSON.stringify({ localpart, device_id: deviceId })
  const refusal = await askHomeserver(matrix, "upsert_device", { method: "POST", body })
  if (refusal === undefined) return true
  const doing = "Unexpected HTTP response while creating device in Synapse"
  log("ERROR", "mas_matrix_synapse::modern:237", `error=${doing}\n\n${refusal.text}`)
  log("ERROR", `${manageTarget}:439`, "Could not create the device on the homeserver, aborting", { error: doing })
  return false
}

/** Whether a name may be taken, as the homeserver sees it. */
export async function isLocalpartAvailable(matrix: MatrixConfig, localpart: string): Promise<boolean> {
  const query = new URLSearchParams({ localpart })
  const refusal = await askHomeserver(matrix, `is_localpart_available?${query}`, { method: "GET" })
  if (refusal === undefined) return true
  if (refusal.status === 400) return false
  throw new Failure("Unable to check if the localpart is available", [refusal.text])
}

interface Refusal {
  readonly status: number
  readonly text: string
}

async function askHomeserver(matrix: MatrixConfig, path: string, request: RequestInit): Promise<Refusal | undefined> {
  const url = new URL(`_synapse/mas/${path}`, matrix.endpoint)
  const authorization = `Bearer ${await trimmedSecret(matrix.secret)}`
  const headers = { authorization, "content-type": "application/json" }
  const response = await fetch(url, { ...request, headers }).catch(() => undefined)
  if (!response) return { status: 0, text: `Caused by:\n    error sending request for url (${url})` }
  const said: unknown = await response.json().catch(() => ({}))
  if (response.ok) return undefined
  const { errcode = "M_UNKNOWN", error = "" } = said as { errcode?: string; error?: string }
  const kind = response.status < 500 ? "client" : "server"
  const status = `HTTP status ${kind} error (${response.status} ${STATUS_CODES[response.status]}) for url (${url})`
  return { status: response.status, text: `Caused by:\n    0: ${errcode}: ${error}\n    1: ${status}` }
}
