import { Refusal } from "../report/refusal.ts"
import { errorNumberOf } from "./file-refusals.ts"

interface Attempt {
  /** Name of the host we asked from. */
  readonly from: string
  readonly url: URL
  readonly timeoutSeconds: number
  readonly isTooLate: boolean
}

const meaning = "We do not know what it would have answered."

/** Why there is no answer. */
export function refuseExchange(cause: unknown, { from, url, timeoutSeconds, isTooLate }: Attempt): unknown {
  const where = { host: from, url: shown(url) }
  if (isTooLate) {
    const what = `${url.host} did not answer within ${timeoutSeconds} s`
    const next = "Look at the load and the log of the service that should answer there."
    return new Refusal({ code: "http/no-answer", what, where, meaning, next, cause })
  }
  if (!(cause instanceof Error)) return cause
  if (isAboutCertificate(cause)) {
    const what = `The certificate of ${url.host} is not one we trust (${errorNumberOf(cause)})`
    const next = "Mend the certificate, or name the authority that issued it (NODE_EXTRA_CA_CERTS takes a PEM file)."
    return new Refusal({ code: "http/certificate-refused", what, where, meaning, next, cause })
  }
  // A misuse of ours, such as a header that is none, is not the server's fault.
  if (cause instanceof TypeError) return cause
  const said = cause instanceof Refusal ? cause.what : cause.message
  const what = `${url.host} cannot be reached: ${said}`
  const next = "Check that the service runs, its address, and what stands between."
  return new Refusal({ code: "http/unreachable", what, where, meaning, next, cause })
}

/** Without what was answered: it may hold secrets. */
export function refuseJson(status: number, url: URL): Refusal {
  return new Refusal({
    code: "http/not-json",
    what: `${url.host} answered ${status} with something that is not JSON`,
    where: { url: shown(url) },
    meaning: "We cannot tell what it says.",
    next: "Open the address by hand: another service may answer there, or a proxy show an error page.",
  })
}

/** Queries may hold tokens, and so may what stands before an @. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`
}

function isAboutCertificate(cause: Error): boolean {
  return /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/.test(errorNumberOf(cause) ?? "")
}
