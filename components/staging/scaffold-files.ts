import { homeserverYaml } from "./homeserver-yaml.ts"
import { type Addresses, filePaths, type officialUsers } from "./layout.ts"
import { masConfig } from "./mas-config.ts"
import { nginxConf } from "./nginx-conf.ts"
import { masKeys, randomHex, randomWord, signingKey } from "./secrets.ts"
import { bridgeRegistration, logConfig } from "./synapse-files.ts"
import { clientWellKnown, elementConfig, serverWellKnown } from "./web-files.ts"

/** Passwords of the databases: each has a file of its own, which Postgres reads at its first start. */
export interface DatabasePasswords {
  readonly synapse: string
  readonly mas: string
}

export interface ScaffoldFile {
  /** Below the stack's folder. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Generates the text; called only when there is no such file yet. */
  readonly text: (passwords: DatabasePasswords) => string
}

/** The users that folders belong to. */
export type FolderOwner = keyof typeof officialUsers | "host"

/** Folders of the stack, outer ones first. What is in them belongs to the same user. */
export const scaffoldFolders: readonly { readonly path: string; readonly owner: FolderOwner }[] = [
  { path: "postgres", owner: "host" },
  { path: "mas-postgres", owner: "host" },
  { path: "synapse", owner: "synapse" },
  { path: "synapse/appservices", owner: "synapse" },
  { path: "synapse/media_store", owner: "synapse" },
  { path: "mas", owner: "mas" },
  { path: "nginx", owner: "host" },
  { path: "wellknown", owner: "host" },
  { path: "element", owner: "host" },
]

/** Every file of the stack. The databases' passwords come first: later texts hold them. */
export function scaffoldFiles(addresses: Addresses): readonly ScaffoldFile[] {
  const paths = filePaths(addresses.serverName)
  return [
    { path: paths.synapseDatabasePassword, mode: 0o600, text: ({ synapse }) => `${synapse}\n` },
    { path: paths.masDatabasePassword, mode: 0o600, text: ({ mas }) => `${mas}\n` },
    { path: paths.homeserver, mode: 0o640, text: ({ synapse }) => freshHomeserver(addresses, synapse) },
    { path: paths.logConfig, mode: 0o644, text: () => logConfig },
    { path: paths.signingKey, mode: 0o600, text: signingKey },
    { path: paths.bridge, mode: 0o640, text: () => freshBridge(addresses) },
    { path: paths.mas, mode: 0o600, text: ({ mas }) => freshMas(addresses, mas) },
    { path: paths.nginx, mode: 0o644, text: nginxConf },
    { path: paths.clientWellKnown, mode: 0o644, text: () => clientWellKnown(addresses) },
    { path: paths.serverWellKnown, mode: 0o644, text: () => serverWellKnown(addresses) },
    { path: paths.element, mode: 0o644, text: () => elementConfig(addresses) },
  ]
}

/** New passwords, for databases that do not exist yet. */
export function freshPasswords(): DatabasePasswords {
  return { synapse: randomWord(), mas: randomWord() }
}

function freshHomeserver(addresses: Addresses, databasePassword: string): string {
  return homeserverYaml(addresses, {
    databasePassword,
    registrationSharedSecret: randomWord(48),
    macaroonSecretKey: randomWord(48),
    formSecret: randomWord(48),
    pepper: randomWord(40),
    upstreamClientSecret: randomWord(),
  })
}

function freshBridge({ serverName }: Addresses): string {
  return bridgeRegistration(serverName, { asToken: randomHex(32), hsToken: randomHex(32) })
}

function freshMas(addresses: Addresses, databasePassword: string): string {
  return masConfig(addresses, {
    databasePassword,
    encryption: randomHex(32),
    upstreamClientSecret: randomWord(),
    keys: masKeys(),
    homeserver: randomWord(),
  })
}
