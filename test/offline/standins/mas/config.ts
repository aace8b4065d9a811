import { type BehaviourConfig, readBehaviour } from "./config/behaviour.ts"
import { type ClientConfig, readClients, validateClients } from "./config/clients.ts"
import { Cursor } from "./config/cursor.ts"
import { type DatabaseConfig, readDatabase, validateDatabase } from "./config/database.ts"
import { type HttpConfig, readHttp, validateHttp } from "./config/http.ts"
import { type MatrixConfig, readMatrix } from "./config/matrix.ts"
import { type PasswordsConfig, readPasswords, validatePasswords } from "./config/passwords.ts"
import { type ProviderConfig, readProviders, validateProviders } from "./config/providers.ts"
import { readSecrets, type SecretsConfig } from "./config/secrets.ts"
import { environmentTree, loadTree } from "./config/tree.ts"

/** Everything that `config check` looks at and the server runs by. */
export interface MasConfig extends SyncConfig {
  readonly http: HttpConfig
  readonly matrix: MatrixConfig
  readonly passwords: PasswordsConfig
  readonly behaviour: BehaviourConfig
}

/** The part that `config sync` reads: it works without `matrix`. */
export interface SyncConfig {
  readonly clients: readonly ClientConfig[]
  readonly database: DatabaseConfig
  readonly providers: readonly ProviderConfig[]
  readonly secrets: SecretsConfig
}

/**
 * The merged configuration: environment `MAS_*` lowest, then the files left to right, lists concatenated. Which files:
 * those of `-c`, else `MAS_CONFIG` (colon-separated), else `config.yaml`. Nothing in it is checked yet.
 *
 * @throws ConfigError if a file is no YAML.
 */
export function loadConfig(files: readonly string[] = []): Cursor {
  const chosen = files.length > 0 ? files : (process.env.MAS_CONFIG ?? "config.yaml").split(":")
  return new Cursor(loadTree(chosen, "concatenate", environmentTree(process.env)))
}

/** The whole of it, checked as `config check` does. @throws ConfigError in MAS's words. */
export function rootConfig(root: Cursor): MasConfig {
  const config = { ...readInOrder(root) }
  validateClients(root, config.clients)
  validateHttp(root, config.http)
  validateDatabase(root, config.database)
  validatePasswords(root, config.passwords)
  validateProviders(root, config.providers)
  return config
}

/** Sections are read in the order of their names, so the first mistake in that order is the one MAS reports. */
function readInOrder(root: Cursor): MasConfig {
  return {
    clients: readClients(root),
    database: readDatabase(root),
    http: readHttp(root),
    ...requiredSections(root),
    passwords: readPasswords(root),
    behaviour: readBehaviour(root),
    providers: readProviders(root),
  }
}

/** `secrets` is missed before `matrix`, though a mistake in `matrix` is seen before one in `secrets`. */
function requiredSections(root: Cursor): Pick<MasConfig, "matrix" | "secrets"> {
  root.required("secrets")
  return { matrix: readMatrix(root), secrets: readSecrets(root) }
}

/** The part for `config sync`. @throws ConfigError in MAS's words. */
export function syncConfig(root: Cursor): SyncConfig {
  const clients = readClients(root)
  const database = readDatabase(root)
  const secrets = readSecrets(root)
  const providers = readProviders(root)
  validateDatabase(root, database)
  validateClients(root, clients)
  validateProviders(root, providers)
  return { clients, database, secrets, providers }
}

export function databaseConfig(root: Cursor): DatabaseConfig {
  const config = readDatabase(root)
  validateDatabase(root, config)
  return config
}

export function passwordsConfig(root: Cursor): PasswordsConfig {
  const config = readPasswords(root)
  validatePasswords(root, config)
  return config
}

export const matrixConfig: (root: Cursor) => MatrixConfig = readMatrix
