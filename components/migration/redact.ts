/**
 * What must not be read in evidence, whoever prints it: addresses with a password in them, password hashes, tokens of
 * Synapse (`syt_`, `syr_`, guests' macaroons) and of MAS (`mat_`, `mar_`, `mct_`, `mcr_`, `mpt_`), signed tokens, e-mail
 * addresses and phone numbers.
 */
const unreadable: readonly (readonly [RegExp, string])[] = [
  [/(\w+:\/\/[^\s:/@]*):[^\s@]*@/g, "$1:[secret]@"],
  [/\$(2[aby]|argon2\w*|pbkdf2\S*)\$[^\s"',)]*/g, "[password hash]"],
  [/\b(syt|syr|mat|mar|mct|mcr|mpt)_[A-Za-z0-9_]+/g, "$1_[secret]"],
  [/\bey[\w-]+\.[\w-]+\.[\w-]+/g, "[signed token]"],
  [/\bMDA[\w-]{20,}/g, "[macaroon]"],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "[e-mail]"],
  [/\+?\b\d{9,15}\b/g, "[number]"],
  [/((?:password|secret|token|pepper)\w*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,}]+)/gi, "$1[secret]"],
]

/** A program's output as it may be kept and shown. */
export function redact(text: string): string {
  return unreadable.reduce((redacted, [pattern, instead]) => redacted.replace(pattern, instead), text)
}
