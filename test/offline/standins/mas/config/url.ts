/** The URL as WHATWG serialises it, or the reason in the words of the library that MAS uses. */
export function parseUrl(text: string): { readonly href: string } | { readonly mistake: string } {
  const href = URL.parse(text)?.href
  return href === undefined ? { mistake: reason(text) } : { href }
}

function reason(text: string): string {
  if (!/^\s*[a-z][a-z0-9+.-]*:/i.test(text)) return "relative URL without a base"
  if (/^[^/]*:\/\/[^/?#]*:(?!\d{0,5}(?:[/?#]|$))[^/?#@\]]*(?:[/?#]|$)/.test(text)) return "invalid port number"
  if (Number(/^[^/]*:\/\/[^/?#]*:(\d{1,5})(?:[/?#]|$)/.exec(text)?.[1]) > 65535) return "invalid port number"
  if (/^[^/]*:\/\/(?:[/?#:]|$)/.test(text)) return "empty host"
  if (/^[^/]*:\/\/\[/.test(text)) return "invalid IPv6 address"
  if (/^[^/]*:\/\/[\d.]+(?:[:/?#]|$)/.test(text)) return "invalid IPv4 address"
  return "invalid international domain name"
}
