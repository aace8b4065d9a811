/**
 * Names inside one staging stack: host names on its network, databases, folders. All the same in every stack, since
 * each stack has a network of its own; what must differ (containers, volumes, ports) is in the stack's arguments.
 */
export const hostNames = {
  synapse: "synapse",
  synapseDatabase: "postgres",
  mas: "mas",
  masDatabase: "mas-postgres",
  proxy: "nginx",
  element: "element",
} as const

/** Role and database have one name, as usual with compose. */
export const databases = { synapse: "synapse", mas: "mas" } as const

/** Ports inside the containers. */
export const innerPorts = {
  synapse: 8008,
  mas: 8080,
  masHealth: 8081,
  homeserver: 8008,
  auth: 8080,
  element: 80,
} as const

/** An OpenID provider that people may log in with, in Synapse's file and in MAS's. Nobody is there to answer. */
export const upstream = {
  idpId: "dex",
  issuer: "https://dex.staging.invalid/",
  clientId: "synapse",
  /** Under which MAS knows it: a ULID. */
  masId: "01JD1CWWZ3K8V4Q2R5T7Y9BMNP",
} as const

/** Where the folders of the stack appear inside the containers. */
export const mountPoints = {
  synapse: "/data",
  mas: "/config",
  nginx: "/etc/nginx/conf.d",
  wellknown: "/srv/wellknown",
  databasePassword: "/run/postgres-secret",
} as const

/** Users that the official images run as; ours do the same. */
export const officialUsers = { synapse: { uid: 991, gid: 991 }, mas: { uid: 65532, gid: 65532 } } as const

/**
 * The images that people run, by exact version: what the stack takes unless told otherwise. `mas` and Synapse go
 * together (the block wants Synapse 1.136 and MAS 0.20 at least).
 */
export const officialImages = {
  synapse: "matrixdotorg/synapse:v1.163.2",
  mas: "ghcr.io/element-hq/matrix-authentication-service:1.22.0",
  postgres: "postgres:15.14-bookworm",
  nginx: "nginx:1.28.0-bookworm",
  element: "vectorim/element-web:v1.12.3",
} as const

export type ImageName = keyof typeof officialImages

/** What the generated files tell the world: three addresses and a name. */
export interface Addresses {
  /** The part of user ids after the colon. */
  readonly serverName: string
  /** Of the proxy in front of Synapse, without a trailing slash: `http://127.0.0.1:8448`. */
  readonly homeserverUrl: string
  /** Of MAS, with a trailing slash: issuers are compared byte for byte. */
  readonly authUrl: string
  /** Of Element, with a trailing slash. */
  readonly elementUrl: string
}

/** Paths of the files below the stack's folder. */
export function filePaths(serverName: string) {
  return {
    homeserver: "synapse/homeserver.yaml",
    logConfig: "synapse/log.config",
    signingKey: `synapse/${serverName}.signing.key`,
    bridge: "synapse/appservices/bridge.yaml",
    mas: "mas/config.yaml",
    nginx: "nginx/default.conf",
    clientWellKnown: "wellknown/client.json",
    serverWellKnown: "wellknown/server.json",
    element: "element/config.json",
    synapseDatabasePassword: "postgres/password",
    masDatabasePassword: "mas-postgres/password",
  } as const
}

/** Where the stack keeps what its way back needs, below its folder. */
export const stateFolder = "matrix-auth"
