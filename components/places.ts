import { posix } from "node:path"
import type { Settings } from "./config/settings.ts"
import type { NamedPlaces } from "./files/named-places.ts"
import type { WebService } from "./host/ask-service.ts"
import type { HostAddress } from "./host/host.ts"
import { type ServiceAddress, usesEngine } from "./host/service-address.ts"
import type { LoginPlaces } from "./login-surface/rule.ts"
import type { MasAddress } from "./mas/mas-cli.ts"
import type { DatabasePlace } from "./mas/mas-database.ts"
import type { AskedRehearsal } from "./migration/certificate-asked.ts"
import { settingsThatMatter } from "./migration/certificate-settings.ts"
import type { BackupLocation } from "./migration/locate-backup.ts"
import type { Syn2MasMigrationInputs } from "./migration/migration-sides.ts"

/** Where everything is, in the form in which resources name it: plain data, worked out from the config once. */
export interface Places {
  readonly synapse: WebService
  readonly mas: MasAddress & WebService
  /** `undefined`: nothing has to be told to reload. */
  readonly proxy: ServiceAddress | undefined
  /** `undefined`: nothing has to be restarted. */
  readonly element: ServiceAddress | undefined
  readonly databases: { readonly synapse: DatabasePlace; readonly mas: DatabasePlace }
  readonly stateFolder: string
  /** Every container that the config names, by its key there. */
  readonly containers: Readonly<Record<string, string>>
  /** What else the config names, by its key there. */
  readonly named: NamedPlaces
  /** Where a resource keeps what stood at its keys before us. */
  readonly keptAt: (resource: string) => string
  /** Where backups are, and of what. */
  readonly backup: BackupPlace
  /** Where the logs of check and dry-run go. */
  readonly evidence: Syn2MasMigrationInputs["evidence"]
  /** What delegated auth goes by; the migration tries the same before anything stops. */
  readonly delegation: Syn2MasMigrationInputs["delegation"]
  /** Where a log-in leads, by public addresses: looked at before a cutover, and after it. */
  readonly login: LoginPlaces
  /** What a cutover asks for, but the stack's name; `undefined`: the stack brings up its own lab, where one rehearses. */
  readonly rehearsal: Omit<AskedRehearsal, "stack"> | undefined
}

/** A backup, as its resource is told of it, and how young a cutover wants it. */
export type BackupPlace = BackupLocation & { readonly youngerThanSeconds: number }

/** How resources name their host. */
export function hostOf({ host }: Settings): HostAddress {
  return { kind: host.kind }
}

export function placesOf(settings: Settings): Places {
  const { authentication, host, synapse, mas, databases, wellKnown, element } = settings
  const keptAt = (resource: string) => posix.join(host.stateFolder, `${resource}.kept.json`)
  const synapseService = serviceOf("synapse", synapse)
  return {
    synapse: { service: synapseService, endpoint: mas.synapseEndpoint },
    mas: { service: serviceOf("mas", mas), config: mas.config, keptAt: keptAt("mas-settings"), endpoint: mas.endpoint },
    proxy:
      wellKnown.container === undefined && wellKnown.commands.reload === undefined
        ? undefined
        : serviceOf("nginx", { container: wellKnown.container }),
    element:
      element.container === undefined && element.commands.restart === undefined
        ? undefined
        : serviceOf("element", element),
    databases: { synapse: databasePlace(databases.synapse), mas: databasePlace(databases.mas) },
    stateFolder: host.stateFolder,
    containers: containersOf(settings),
    named: namedIn(settings),
    keptAt,
    backup: backupPlace(settings),
    delegation: {
      file: synapse.homeserverYaml,
      keptAt: keptAt("delegated-auth"),
      service: synapseService,
      authentication,
      synapseEndpoint: mas.synapseEndpoint,
      endpoint: mas.endpoint,
      issuer: mas.issuer,
      mas: { service: serviceOf("mas", mas), config: mas.config, keptAt: keptAt("mas-settings") },
      takeOver: synapse.takeOver,
      window: { stateFolder: host.stateFolder, leaseSeconds: host.leaseSeconds },
      ...(settings.rollback.meant ? { isRollbackMeant: true } : {}),
      ...(synapse.qrCodeEndpoint === undefined ? {} : { qrCodeEndpoint: synapse.qrCodeEndpoint }),
    },
    evidence: { copyTo: settings.evidence.copyTo, maxAgeSeconds: settings.evidence.maxAgeMinutes * 60 },
    login: {
      homeserverUrl: synapse.url,
      wellKnownUrl: wellKnown.url,
      issuer: mas.issuer,
      origin: new URL(element.url).origin,
    },
    rehearsal: settings.staging === undefined ? rehearsalFor(settings) : undefined,
  }
}

/** A service of which commands do all there is to do may be no container of Docker, whatever it is called. */
function containersOf({ synapse, mas, databases, wellKnown, element }: Settings): Record<string, string> {
  const named: Readonly<Record<string, string | undefined>> = {
    "synapse.container": usesEngine(serviceOf("synapse", synapse)) ? synapse.container : undefined,
    "mas.container": usesEngine(serviceOf("mas", mas)) ? mas.container : undefined,
    "databases.synapse.container": databases.synapse.kind === "container" ? databases.synapse.container : undefined,
    "databases.mas.container": databases.mas.kind === "container" ? databases.mas.container : undefined,
    "wellKnown.container": wellKnown.container,
    "element.container": element.container,
  }
  return Object.fromEntries(Object.entries(named).filter(([, name]) => name !== undefined)) as Record<string, string>
}

function namedIn({ synapse, mas, databases, wellKnown, element }: Settings): NamedPlaces {
  const addressed = Object.entries(databases).flatMap(([name, place]) =>
    place.kind === "address" ? [[`databases.${name}`, { host: place.host, port: place.port }] as const] : [],
  )
  return {
    files: {
      "synapse.homeserverYaml": synapse.homeserverYaml,
      "mas.config": mas.config,
      "wellKnown.file": wellKnown.file,
      "element.config": element.config,
    },
    databases: Object.fromEntries(addressed),
    addresses: {
      "synapse.url": synapse.url,
      "mas.issuer": mas.issuer,
      "wellKnown.url": wellKnown.url,
      "element.url": element.url,
    },
  }
}

function rehearsalFor(settings: Settings): Omit<AskedRehearsal, "stack"> {
  const { certificate, maxAgeDays, override } = settings.rehearsal
  const asked = { certificate, maxAgeDays, settings: settingsThatMatter(settings) }
  return override === undefined ? asked : { ...asked, override }
}

interface Configured {
  readonly container?: string | undefined
  readonly commands?: ServiceAddress["commands"] | object
}

function serviceOf(name: string, { container, commands = {} }: Configured): ServiceAddress {
  const own = Object.fromEntries(Object.entries(commands).filter(([, argv]) => argv !== undefined))
  return {
    name,
    ...(container === undefined ? {} : { container }),
    ...(Object.keys(own).length === 0 ? {} : { commands: own }),
  }
}

function backupPlace({ backup, host, synapse, mas, databases }: Settings): BackupPlace {
  const { copy, copyTo, keep, media, include } = backup
  return {
    server: {
      synapse: { service: serviceOf("synapse", synapse), homeserverYaml: synapse.homeserverYaml },
      mas: { service: serviceOf("mas", mas), config: mas.config },
      databases: { synapse: databasePlace(databases.synapse), mas: databasePlace(databases.mas) },
      programs: Object.fromEntries(Object.entries(backup.programs).filter(([, argv]) => argv !== undefined)),
    },
    folder: backup.folder ?? posix.join(host.stateFolder, "backups"),
    stateFolder: host.stateFolder,
    rules: { keep, media, include, ...(copy ? { copyTo } : {}) },
    youngerThanSeconds: backup.maxAgeMinutes * 60,
  }
}

function databasePlace(place: Settings["databases"]["mas"]): DatabasePlace {
  return place.kind === "container"
    ? { container: place.container, port: place.port }
    : { host: place.host, port: place.port }
}
