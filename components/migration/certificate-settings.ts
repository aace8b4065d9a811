import { hash } from "node:crypto"

/** The part of a stack's config that decides how a cutover behaves, whatever the server is called and wherever its files are. */
export interface ConfigThatMatters {
  readonly synapse: { readonly takeOver: readonly string[]; readonly qrCodeEndpoint?: string | undefined }
  readonly clients: readonly { readonly authMethod: string; readonly redirectUris: readonly string[] }[]
}

/**
 * The settings that matter, a line each, sorted, none twice: what may be taken out of homeserver.yaml, which kinds of
 * clients there are, log-in by QR code. No names, no addresses, no secrets: two servers can have the same.
 */
export function settingsThatMatter({ synapse, clients }: ConfigThatMatters): readonly string[] {
  const lines = [
    ...synapse.takeOver.map((name) => `takeOver ${name}`),
    ...(synapse.qrCodeEndpoint === undefined ? [] : ["qrCodeEndpoint"]),
    ...clients.flatMap(({ authMethod, redirectUris }) =>
      kindsOf(redirectUris).map((kind) => `client with authMethod ${authMethod} that comes back to ${kind}`),
    ),
  ]
  return [...new Set(lines)].toSorted()
}

/** Pins the lines: a certificate that was edited no longer fits its digest. */
export function digestOfSettings(lines: readonly string[]): string {
  return hash("sha256", JSON.stringify(lines))
}

function kindsOf(redirectUris: readonly string[]): readonly string[] {
  return redirectUris.length === 0 ? ["nowhere"] : redirectUris.map(kindOf)
}

/** MAS treats a loopback address without a port in a way of its own, and so do apps with a scheme of theirs. */
function kindOf(redirectUri: string): string {
  const { protocol, hostname, port } = new URL(redirectUri)
  if (protocol !== "http:" && protocol !== "https:") return "an app"
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
  return isLoopback && port === "" ? "any port of one's own machine" : "a page"
}
