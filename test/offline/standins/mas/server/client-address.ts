import { BlockList, isIP } from "node:net"

/** The ranges whose `X-Forwarded-For` is believed. */
export function trustedProxies(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = "", bits] = range.split("/")
    const family = isIP(address) === 6 ? "ipv6" : "ipv4"
    list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family)
  }
  return list
}

/** The client as seen through trusted proxies: the last address of the chain that is none of them, else the first. */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusted: BlockList): string {
  const before = (forwardedFor ?? "").split(",").map((address) => plain(address.trim()))
  const chain = [...before.filter((address) => isIP(address) > 0), plain(peer)]
  const outside = chain.findLast((address) => !trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"))
  return (trusts(plain(peer), trusted) ? outside : plain(peer)) ?? chain[0] ?? peer
}

function trusts(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")
}

/** An IPv4 peer of a dual-stack listener comes as `::ffff:127.0.0.1`. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address
}
