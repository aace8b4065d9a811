import { filePaths, hostNames, innerPorts, stateFolder } from "./layout.ts"

export interface PlacedStaging {
  readonly folder: string
  readonly ports: { readonly matrix: number; readonly auth: number; readonly element: number }
}

/** Begins the names of a stack's containers, volumes and network. */
export function stagingPrefix(project: string, stack: string): string {
  return `${project}-${stack}`
}

/** What the staging stack brings by itself, in the shape of the config: containers, paths, addresses. */
export function stagingPlaces(prefix: string, { folder, ports }: PlacedStaging) {
  // None of the paths that count here has the server's name in it.
  const paths = filePaths("")
  const container = (part: keyof typeof hostNames) => `${prefix}-${hostNames[part]}`
  const homeserver = `http://127.0.0.1:${ports.matrix}/`
  return {
    host: { stateFolder: `${folder}/${stateFolder}` },
    synapse: { container: container("synapse"), homeserverYaml: `${folder}/${paths.homeserver}`, url: homeserver },
    mas: {
      container: container("mas"),
      config: `${folder}/${paths.mas}`,
      issuer: `http://127.0.0.1:${ports.auth}/`,
      endpoint: `http://${hostNames.mas}:${innerPorts.mas}/`,
      synapseEndpoint: `http://${hostNames.synapse}:${innerPorts.synapse}/`,
    },
    databases: {
      synapse: { container: container("synapseDatabase") },
      mas: { container: container("masDatabase") },
    },
    wellKnown: {
      file: `${folder}/${paths.clientWellKnown}`,
      url: `${homeserver}.well-known/matrix/client`,
      container: container("proxy"),
    },
    element: {
      config: `${folder}/${paths.element}`,
      url: `http://127.0.0.1:${ports.element}/`,
      container: container("element"),
    },
  }
}
