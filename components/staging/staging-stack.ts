import * as docker from "@pulumi/docker"
import { all, ComponentResource, type ComponentResourceOptions, type Output, type Resource } from "@pulumi/pulumi"
import type { HostAddress } from "../host/host.ts"
import {
  type Addresses,
  databases,
  hostNames,
  type ImageName,
  innerPorts,
  mountPoints,
  officialImages,
} from "./layout.ts"
import { Scaffold } from "./scaffold.ts"

export interface StagingStackArgs {
  /** Begins the names of containers, volumes and the network: `<prefix>-synapse`, `<prefix>-mas`, … One of its own for each stack on a host. */
  readonly prefix: string
  /** The host with the files; Docker is the provider's. Default: this machine. */
  readonly host?: HostAddress
  /** Absolute path on the host for the files. */
  readonly folder: string
  readonly serverName: string
  /** Ports on the host's loopback: the homeserver behind nginx, MAS, Element. */
  readonly ports: { readonly matrix: number; readonly auth: number; readonly element: number }
  /** In the place of the official ones. One that the engine has is not pulled. */
  readonly images?: Readonly<Partial<Record<ImageName, string | undefined>>>
}

/** One container, as far as ours differ from each other. */
interface Service {
  readonly image: ImageName
  /** What proves that it serves; asked inside the container. Left out where the image has nothing to ask with. */
  readonly healthy?: string[]
  readonly extra: Partial<docker.ContainerArgs>
  readonly after: Resource[]
}

/**
 * A small homeserver in Docker, as its operator would run it by compose: Synapse and MAS with a Postgres each, nginx
 * in front, Element. Ends in legacy: users and MAS know nothing of each other yet.
 */
export class StagingStack extends ComponentResource {
  /** Names of the containers. */
  readonly containers: Readonly<Record<keyof typeof hostNames, Output<string>>>
  /** Name of the network that they share, under the host names of `layout.ts`. */
  readonly network: Output<string>
  readonly addresses: Addresses
  readonly folder: string
  /** Known once every container is up and healthy. */
  readonly ready: Output<boolean>

  readonly #name: string
  readonly #args: StagingStackArgs
  readonly #network: docker.Network
  readonly #scaffold: Scaffold
  /** All have fixed names: the old one must go before its replacement comes. */
  readonly #child = { parent: this, deleteBeforeReplace: true }

  constructor(name: string, args: StagingStackArgs, options?: ComponentResourceOptions) {
    super("matrix:StagingStack", name, {}, options)
    this.#name = name
    this.#args = args
    this.folder = args.folder
    this.addresses = addressesOf(args)
    const host = args.host ?? { kind: "local" }
    // No child of the stack: another URN would be another resource to stacks that exist, and take their files away.
    this.#scaffold = new Scaffold(`${name}-files`, { host, folder: args.folder, addresses: this.addresses })
    this.#network = new docker.Network(`${name}-network`, { name: args.prefix }, this.#child)
    this.network = this.#network.name

    const synapseDatabase = this.#database("synapseDatabase", databases.synapse)
    const masDatabase = this.#database("masDatabase", databases.mas)
    const synapse = this.#synapse(synapseDatabase)
    const mas = this.#mas(masDatabase)
    const proxy = this.#proxy([synapse, mas])
    const element = this.#element()
    this.containers = {
      synapse: synapse.name,
      synapseDatabase: synapseDatabase.name,
      mas: mas.name,
      masDatabase: masDatabase.name,
      proxy: proxy.name,
      element: element.name,
    }
    const containers = [synapseDatabase, masDatabase, synapse, mas, proxy, element]
    this.ready = all(containers.map(({ id }) => id)).apply(() => true)
    this.registerOutputs({ containers: this.containers, network: this.network })
  }

  #database(part: "synapseDatabase" | "masDatabase", database: string): docker.Container {
    const folder = hostNames[part]
    const volume = new docker.Volume(`${this.#name}-${folder}`, { name: `${this.#args.prefix}-${folder}` }, this.#child)
    return this.#run(part, {
      image: "postgres",
      // By TCP: while the cluster is being made it answers on its socket only.
      healthy: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", database, "-d", database],
      extra: {
        envs: [
          `POSTGRES_USER=${database}`,
          `POSTGRES_DB=${database}`,
          `POSTGRES_PASSWORD_FILE=${mountPoints.databasePassword}/password`,
          // Synapse refuses any other locale; MAS does not mind.
          "POSTGRES_INITDB_ARGS=--encoding=UTF8 --locale=C",
        ],
        volumes: [
          { volumeName: volume.name, containerPath: "/var/lib/postgresql/data" },
          this.#mount(folder, mountPoints.databasePassword, true),
        ],
      },
      after: [],
    })
  }

  #synapse(database: docker.Container): docker.Container {
    const user = this.#scaffold.synapseUser
    return this.#run("synapse", {
      image: "synapse",
      healthy: ["CMD", "curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${innerPorts.synapse}/health`],
      extra: {
        envs: [user.apply((it) => `UID=${it.split(":")[0]}`), user.apply((it) => `GID=${it.split(":")[1]}`)],
        volumes: [this.#mount("synapse", mountPoints.synapse)],
        ...leftAlone,
      },
      after: [database],
    })
  }

  #mas(database: docker.Container): docker.Container {
    return this.#run("mas", {
      image: "mas",
      // The image has neither shell nor curl, and a `mas-cli` every few seconds is too dear: the proxy asks for it.
      extra: {
        user: this.#scaffold.masUser,
        envs: [`MAS_CONFIG=${mountPoints.mas}/config.yaml`],
        volumes: [this.#mount("mas", mountPoints.mas, true)],
        ...leftAlone,
      },
      after: [database],
    })
  }

  #proxy(after: Resource[]): docker.Container {
    const wellKnown = `curl -fsS -o /dev/null http://127.0.0.1:${innerPorts.homeserver}/.well-known/matrix/client`
    const mas = `curl -fsS -o /dev/null http://${hostNames.mas}:${innerPorts.masHealth}/health`
    // MAS counts until it has answered once, so that the stack is not up without it. Later it comes and goes by itself.
    const masOnce = `{ test -e /tmp/mas-answered || { ${mas} && touch /tmp/mas-answered; }; }`
    return this.#run("proxy", {
      image: "nginx",
      healthy: ["CMD-SHELL", `${wellKnown} && ${masOnce}`],
      extra: {
        ports: [
          publish(innerPorts.homeserver, this.#args.ports.matrix),
          publish(innerPorts.auth, this.#args.ports.auth),
        ],
        volumes: [this.#mount("nginx", mountPoints.nginx, true), this.#mount("wellknown", mountPoints.wellknown, true)],
      },
      after,
    })
  }

  #element(): docker.Container {
    const config = `http://127.0.0.1:${innerPorts.element}/config.json`
    return this.#run("element", {
      image: "element",
      // The official image has wget, ours curl.
      healthy: ["CMD-SHELL", `wget -q -O /dev/null ${config} || curl -fsS -o /dev/null ${config}`],
      extra: {
        ports: [publish(innerPorts.element, this.#args.ports.element)],
        // The bundle is in the same folder, so only the file can be mounted: a change is seen after a restart.
        volumes: [this.#mount("element/config.json", "/app/config.json", true)],
      },
      after: [],
    })
  }

  #run(part: keyof typeof hostNames, { image, healthy, extra, after }: Service): docker.Container {
    const hostName = hostNames[part]
    return new docker.Container(
      `${this.#name}-${hostName}`,
      {
        name: `${this.#args.prefix}-${hostName}`,
        image: this.#args.images?.[image] ?? officialImages[image],
        restart: "unless-stopped",
        networksAdvanced: [{ name: this.#network.name, aliases: [hostName] }],
        ...(healthy ? waitFor(healthy) : {}),
        ...extra,
      },
      { ...this.#child, dependsOn: [this.#scaffold, ...after] },
    )
  }

  /** A part of the stack's folder: a folder wherever possible, since a replaced file is another one to who mounts the file. */
  #mount(below: string, containerPath: string, readOnly = false) {
    return { hostPath: `${this.#args.folder}/${below}`, containerPath, readOnly }
  }
}

/**
 * The cutover stops and starts these two by itself. A run that finds one stopped must leave that to what the journal
 * says, and not start it first.
 */
const leftAlone = { mustRun: false }

function waitFor(tests: string[]) {
  const healthcheck = { tests, interval: "3s", timeout: "10s", startPeriod: "1m0s", retries: 5 }
  return { healthcheck, wait: true, waitTimeout: 180 }
}

function publish(internal: number, external: number) {
  return { internal, external, ip: "127.0.0.1" }
}

function addressesOf({ serverName, ports }: StagingStackArgs): Addresses {
  return {
    serverName,
    homeserverUrl: `http://127.0.0.1:${ports.matrix}`,
    authUrl: `http://127.0.0.1:${ports.auth}/`,
    elementUrl: `http://127.0.0.1:${ports.element}/`,
  }
}
