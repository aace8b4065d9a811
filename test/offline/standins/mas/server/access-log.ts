import { STATUS_CODES } from "node:http"
import { type LogLevel, log } from "../logs.ts"
import type { Call } from "./call.ts"

let contexts = 0

/** Each request and each round of the worker is numbered, in one row, as long as the process lives. */
export function nextContext(): number {
  return contexts++
}

export interface Answered {
  readonly call: Call
  readonly context: number
  readonly status: number
  readonly elapsedMilliseconds: number
}

/**
 * Writes one line of the access log, as MAS 1.22 does (seen): INFO up to 3xx, WARN for 4xx, ERROR for 5xx. The numbers
 * of polls, CPU and queries are not measured here and read zero; `elapsed` is true.
 */
export function logAnswer({ call, context, status, elapsedMilliseconds }: Answered): void {
  const request = `"${call.method} ${call.path} HTTP/1.1" ${status} ${STATUS_CODES[status] ?? "<unknown status code>"}`
  const agent = JSON.stringify(call.headers["user-agent"] ?? "-")
  const stats = `[polls: 0, cpu: 0.0ms, db: 0.0ms, elapsed: ${elapsedMilliseconds.toFixed(1)}ms, queries: 0, fetched: 0]`
  const message = `${call.method}-${context} - ${request} ${agent} ${stats}`
  log(levelOf(status), "http.server.response", message, {
    requester: call.requester,
    "client.address": call.clientAddress,
  })
}

function levelOf(status: number): LogLevel {
  if (status >= 500) return "ERROR"
  return status >= 400 ? "WARN" : "INFO"
}
