import { localHost } from "../../../../components/host/local-host.ts"
import { Refusal } from "../../../../components/report/refusal.ts"

/** Replaces the file as a user who owns nothing (where that can be had), and prints how that went. */
const [path = "", before = "", after = ""] = process.argv.slice(2)

if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(65534)
  process.setuid?.(65534)
}
try {
  await localHost.replace(path, { before, after })
  process.stdout.write(`${JSON.stringify({ code: "replaced", message: "" })}\n`)
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`)
}
