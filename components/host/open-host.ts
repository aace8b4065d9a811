import type { Host, HostAddress } from "./host.ts"
import { localHost } from "./local-host.ts"

/** The host that an address names. Contacts nothing by itself. */
export function openHost(address: HostAddress): Host {
  switch (address.kind) {
    case "local":
      return localHost
  }
}
