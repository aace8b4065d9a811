import type { Kind, Reading } from "./fields.ts"

export interface AddressRules {
  readonly expected: string
  readonly example: string
  /** Public addresses are https; `true` where plain http does, as inside a network of containers or in the lab. */
  readonly plainHttp: boolean
  /** `none`: scheme, host and port only. `folder`: ends with a slash. `document`: as it is written. */
  readonly path: "none" | "folder" | "document"
  /** How notes call it: `issuer`. */
  readonly name: string
}

/** An address of something, in the form in which `new URL()` writes it; what is a folder ends with a slash. */
export function address(rules: AddressRules): Kind<string> {
  return { expected: rules.expected, example: rules.example, read: (found) => readAddress(found, rules) }
}

function readAddress(found: unknown, rules: AddressRules): Reading<string> {
  if (typeof found !== "string") return { why: "it is no text" }
  const text = found.replace(/^ +| +$/g, "")
  const why = whyNot(text, rules)
  if (why !== undefined) return { why }
  const url = new URL(text)
  const needsSlash = rules.path === "folder" && !url.pathname.endsWith("/")
  if (needsSlash) url.pathname += "/"
  return text === url.href ? { value: url.href } : { value: url.href, note: noteOn(text, url.href, rules) }
}

function whyNot(text: string, rules: AddressRules): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return "it has no scheme"
  // `new URL` passes over all of these, or reads them as something else.
  if (/[\s\p{Cc}\p{Cf}]/u.test(text)) return "it holds a blank or a control character"
  if (text.includes("\\")) return "it holds a backslash, which is read as a slash"
  if (!URL.canParse(text)) return "it does not read as a URL"
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:") return `its scheme is ${url.protocol}//`
  if (url.protocol === "http:" && !rules.plainHttp) return "plain http is for the lab only (lab: true)"
  if (url.username || url.password) return "it carries a user name or password"
  if (url.pathname.includes("//")) return "its path has an empty step (//)"
  if (text.includes("#") || text.includes("?")) return "it has a query or a fragment"
  if (rules.path === "none" && url.pathname !== "/") return `it has a path (${url.pathname}), where none belongs`
  return undefined
}

function noteOn(text: string, href: string, rules: AddressRules): string {
  if (`${text}/` === href) return `${rules.name}: the slash at the end of ${href} was missing and has been added`
  return `${rules.name}: ${text} is taken as ${href}`
}
