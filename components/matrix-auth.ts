import { local } from "@pulumi/command"
import {
  ComponentResource,
  type ComponentResourceOptions,
  getStack,
  type Input,
  jsonStringify,
  type Output,
  output,
  type Resource,
  secret,
} from "@pulumi/pulumi"
import { Backup } from "./backup/backup.ts"
import type { Settings as Config } from "./config/settings.ts"
import { StateFolder } from "./files/state-folder.ts"
import type { HostAddress } from "./host/host.ts"
import { Client } from "./mas/client.ts"
import { Settings } from "./mas/settings.ts"
import { StaticClients } from "./mas/static-clients.ts"
import { Syn2MasMigration } from "./migration/syn2mas-migration.ts"
import { type Places, placesOf } from "./places.ts"
import { DelegatedAuth } from "./synapse/delegated-auth.ts"
import { Recovery } from "./synapse/recovery.ts"
import { LoginFlows } from "./web/login-flows.ts"
import type { FrontProxy } from "./web/reload-proxy.ts"
import { WebConfig } from "./web/web-config.ts"
import { WellKnown } from "./web/well-known.ts"

export interface MatrixAuthArgs {
  /** The stack's config, read and checked. */
  config: Config
  /** Secrets of confidential clients, by the client's name; Pulumi secrets. */
  clientSecrets?: Input<Readonly<Record<string, string>>>
  /** Where the services are. An Output that is known once they exist. */
  host: Input<HostAddress>
}

interface Steps {
  readonly settings: Settings
  readonly migration: Syn2MasMigration
  readonly delegation: DelegatedAuth
}

/**
 * Who checks passwords on a homeserver, and all that hangs on it, in the order in which it has to change. Every resource
 * is there in legacy and in delegated and knows what each means for it: the way back is the same kind of change.
 */
export class MatrixAuth extends ComponentResource {
  /** How many of each kind MAS got in the migration. */
  readonly migrated: Output<Readonly<Record<string, number>>>
  /** On what the cutover went ahead: a rehearsal, or the reason why there was none; `null`: nobody asked. */
  readonly rehearsed: Output<string | null>
  /** Ids of the declared clients, by name. */
  readonly clientIds: Readonly<Record<string, string>>

  readonly #config: Config
  readonly #places: Places
  readonly #host: Input<HostAddress>

  constructor(name: string, args: MatrixAuthArgs, options?: ComponentResourceOptions) {
    super("matrix:MatrixAuth", name, {}, options)
    this.#config = args.config
    this.#places = placesOf(args.config)
    this.#host = args.host
    this.clientIds = Object.fromEntries(args.config.clients.map(({ name: client, id }) => [client, id]))

    const folder = new StateFolder(
      "state-folder",
      {
        host: this.#host,
        folder: this.#places.stateFolder,
        containers: this.#places.containers,
        named: this.#places.named,
        authentication: this.#config.authentication,
      },
      this.#after(),
    )
    const backup = this.#backup([folder, this.#recovery([folder])])
    const steps = this.#isDelegated ? this.#there(backup, args.clientSecrets) : this.#back(backup, args.clientSecrets)
    this.#tellClients(steps)
    this.migrated = steps.migration.migrated
    this.rehearsed = steps.migration.rehearsed
    this.registerOutputs({ migrated: this.migrated, rehearsed: this.rehearsed, clientIds: this.clientIds })
  }

  get #isDelegated(): boolean {
    return this.#config.authentication === "delegated"
  }

  /** `null` in legacy: nobody is told of MAS. */
  get #issuer(): string | null {
    return this.#isDelegated ? this.#config.mas.issuer : null
  }

  /** A server that is down from before comes first: nothing else waits for it, or looks at it, until then. */
  #recovery(after: Resource[]): Recovery {
    const { service, endpoint } = this.#places.synapse
    return new Recovery(
      "recovery",
      {
        host: this.#host,
        stateFolder: this.#places.stateFolder,
        synapse: { service, endpoint, homeserverYaml: this.#config.synapse.homeserverYaml },
      },
      { ...this.#after(...after), customTimeouts: { create: "1h", update: "1h" } },
    )
  }

  /** Whatever comes then: nothing is changed without one. */
  #backup(after: Resource[]): Backup {
    return new Backup(
      "backup",
      { host: this.#host, authentication: this.#config.authentication, ...this.#places.backup },
      { ...this.#after(...after), customTimeouts: { create: "12h", update: "12h" } },
    )
  }

  /** All that is neutral, then the migration, and right after it the delegated Synapse. */
  #there(backup: Resource, secrets: MatrixAuthArgs["clientSecrets"]): Steps {
    const { settings, ready } = this.#prepareMas([backup], secrets)
    const migration = this.#migration(ready)
    return { settings, migration, delegation: this.#delegation([migration]) }
  }

  /** Synapse first: as long as it is delegated, MAS has to be able to write to it. */
  #back(backup: Resource, secrets: MatrixAuthArgs["clientSecrets"]): Steps {
    const delegation = this.#delegation([backup])
    const { settings, ready } = this.#prepareMas([backup, delegation], secrets)
    return { settings, migration: this.#migration(ready), delegation }
  }

  #prepareMas(after: Resource[], secrets: MatrixAuthArgs["clientSecrets"]) {
    const { mas, serverName, authentication } = this.#config
    const settings = new Settings(
      "mas-settings",
      {
        host: this.#host,
        file: mas.config,
        keptAt: this.#places.keptAt("mas-settings"),
        service: this.#places.mas.service,
        endpoint: mas.endpoint,
        authentication,
        serverName,
        issuer: mas.issuer,
        synapseEndpoint: mas.synapseEndpoint,
        homeserverYaml: this.#config.synapse.homeserverYaml,
        homeserverKeptAt: this.#places.delegation.keptAt,
      },
      // A stack that is destroyed in legacy leaves MAS idle as it is.
      { ...this.#after(...after), retainOnDelete: true },
    )
    const clients = this.#clients(settings, secrets)
    const strays = this.#staticClients([settings, ...clients])
    const restart = this.#restart(
      "mas",
      settings.revision,
      {
        restart: "mas",
        service: this.#places.mas.service,
        endpoint: mas.endpoint,
        config: mas.config,
        keptAt: this.#places.keptAt("mas-settings"),
        cleanLogSeconds: mas.cleanLogSeconds,
      },
      [settings, ...clients, strays],
    )
    return { settings, ready: [settings, ...clients, strays, restart] }
  }

  #staticClients(after: Resource[]): StaticClients {
    return new StaticClients(
      "static-clients",
      {
        host: this.#host,
        mas: this.#places.mas,
        database: this.#places.databases.mas,
        declared: this.#config.clients.map(({ id }) => id),
      },
      this.#after(...after),
    )
  }

  #clients(settings: Resource, secrets: MatrixAuthArgs["clientSecrets"]): Client[] {
    return this.#config.clients.map(
      (client) =>
        new Client(
          `client-${client.name}`,
          {
            host: this.#host,
            clientId: client.id,
            client,
            mas: this.#places.mas,
            stateFolder: this.#places.stateFolder,
            database: this.#places.databases.mas,
            ...(client.credential.kind === "secret" ? { secret: secretOf(secrets ?? {}, client.name) } : {}),
          },
          this.#after(settings),
        ),
    )
  }

  #migration(after: Resource[]): Syn2MasMigration {
    return new Syn2MasMigration(
      "migration",
      {
        host: this.#host,
        serverName: this.#config.serverName,
        authentication: this.#config.authentication,
        mas: this.#places.mas,
        databases: this.#places.databases,
        stateFolder: this.#places.stateFolder,
        acknowledge: this.#config.acknowledge,
        backup: this.#places.backup,
        evidence: this.#places.evidence,
        delegation: this.#places.delegation,
        login: this.#places.login,
        ...(this.#places.rehearsal === undefined
          ? {}
          : { rehearsal: { ...this.#places.rehearsal, stack: getStack() } }),
      },
      // An hour of rows is no reason to give up half-way.
      { ...this.#after(...after), customTimeouts: { create: "3h", update: "3h" } },
    )
  }

  #delegation(after: Resource[]): DelegatedAuth {
    return new DelegatedAuth("delegated-auth", { host: this.#host, ...this.#places.delegation }, this.#after(...after))
  }

  /** What clients read, after Synapse does what it says, and at last what they see. */
  #tellClients({ settings, migration, delegation }: Steps): void {
    const { wellKnown, synapse, mas } = this.#config
    const { origin } = this.#places.login
    const document = new WellKnown(
      "well-known",
      {
        host: this.#host,
        file: wellKnown.file,
        keptAt: this.#places.keptAt("well-known"),
        issuer: this.#issuer,
        masIssuer: mas.issuer,
        url: wellKnown.url,
        ...(this.#places.proxy === undefined ? {} : { service: this.#places.proxy }),
      },
      this.#after(migration, delegation),
    )
    const told = [document, ...this.#reloadProxy(document), ...this.#tellElement([document, delegation])]
    const metadata = this.#restart(
      "synapse",
      settings.revision,
      {
        restart: "synapse",
        service: this.#places.synapse.service,
        endpoint: mas.synapseEndpoint,
        mas: this.#places.mas.service,
        masEndpoint: mas.endpoint,
      },
      [delegation, migration],
    )
    new LoginFlows(
      "login-flows",
      {
        host: this.#host,
        issuer: this.#issuer,
        masIssuer: mas.issuer,
        stateFolder: this.#places.stateFolder,
        isProtected: this.#config.staging === undefined,
        homeserverUrl: synapse.url,
        wellKnownUrl: wellKnown.url,
        wellKnownFile: wellKnown.file,
        wellKnownKeptAt: this.#places.keptAt("well-known"),
        synapse: this.#places.synapse,
        mas: { service: this.#places.mas.service, endpoint: mas.endpoint },
        origin,
        ...(this.#proxy === undefined ? {} : { proxy: this.#proxy }),
      },
      this.#after(...told, metadata),
    )
  }

  get #proxy(): FrontProxy | undefined {
    const { proxy: service } = this.#places
    const { reload } = this.#config.wellKnown.commands
    return service && { service, ...(reload === undefined ? {} : { reload }) }
  }

  #reloadProxy(document: WellKnown): Resource[] {
    const { wellKnown } = this.#config
    if (this.#proxy === undefined) return []
    const how = { restart: "nginx", ...this.#proxy, file: wellKnown.file, url: wellKnown.url }
    return [this.#restart("nginx", document.revision, how, [document])]
  }

  #tellElement(after: Resource[]): Resource[] {
    const { element } = this.#config
    const config = new WebConfig(
      "element-config",
      {
        host: this.#host,
        file: element.config,
        keptAt: this.#places.keptAt("element-config"),
        issuer: this.#issuer,
        clientId: this.clientIds.element ?? null,
        url: element.url,
        minimumVersion: element.minimumVersion,
        ...(this.#places.element === undefined ? {} : { service: this.#places.element }),
      },
      this.#after(...after),
    )
    const service = this.#places.element
    const url = new URL("config.json", element.url).href
    if (service === undefined) return [config]
    return [
      config,
      this.#restart("element", config.revision, { restart: "element", service, file: element.config, url }, [config]),
    ]
  }

  /** Runs again with each write: the program looks by itself whether the service has to restart. */
  #restart(name: string, revision: Input<number>, task: object, after: Resource[]): local.Command {
    const program = "node components/commands/restart-service.ts"
    return new local.Command(
      `${name}-restart`,
      {
        create: program,
        update: program,
        stdin: jsonStringify({ host: this.#host, ...task }),
        environment: { MATRIX_AUTH_REVISION: jsonStringify(revision) },
        addPreviousOutputInEnv: false,
      },
      this.#after(...after),
    )
  }

  #after(...resources: Resource[]) {
    return { parent: this, dependsOn: resources }
  }
}

function secretOf(secrets: Input<Readonly<Record<string, string>>>, client: string): Output<string> {
  return secret(output(secrets).apply((all) => all[client] ?? ""))
}
