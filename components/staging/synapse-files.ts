/** Synapse's logging: everything to the container's log, nothing to files. */
export const logConfig = `version: 1

formatters:
  precise:
    format: '%(asctime)s - %(name)s - %(lineno)d - %(levelname)s - %(request)s - %(message)s'

handlers:
  console:
    class: logging.StreamHandler
    formatter: precise

loggers:
  synapse.storage.SQL:
    # beware: increasing this to DEBUG will make Synapse log sensitive information such as access tokens.
    level: INFO

root:
  level: INFO
  handlers: [console]

disable_existing_loggers: false
`

export interface BridgeTokens {
  readonly asToken: string
  readonly hsToken: string
}

/** An application service: a bridge with a bot and puppets of its own. */
export function bridgeRegistration(serverName: string, { asToken, hsToken }: BridgeTokens): string {
  const domain = serverName.replaceAll(".", "\\.")
  return `id: bridge
# the bridge itself is not part of staging
url: null
as_token: ${asToken}
hs_token: ${hsToken}
sender_localpart: bridgebot
rate_limited: false
namespaces:
  users:
    - regex: '^@bridge_.*:${domain}$'
      exclusive: true
    - regex: '^@bridgebot:${domain}$'
      exclusive: true
  aliases: []
  rooms: []
`
}
