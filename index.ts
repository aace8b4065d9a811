import { Config, getProject, getStack } from "@pulumi/pulumi"
import { MatrixAuth } from "./components/matrix-auth.ts"
import { hostOf } from "./components/places.ts"
import { readProgramConfig } from "./components/program-config.ts"
import { stagingPrefix } from "./components/staging/staging-places.ts"
import { StagingStack } from "./components/staging/staging-stack.ts"

const config = readProgramConfig()
const clientSecrets = new Config().getSecretObject<Record<string, string>>("clientSecrets") ?? {}

const staging =
  config.staging &&
  new StagingStack("staging", {
    prefix: stagingPrefix(getProject(), getStack()),
    folder: config.staging.folder,
    serverName: config.serverName,
    ports: config.staging.ports,
    images: config.staging.images,
  })

// What is on a host that does not exist yet cannot be known: preview says so.
const host = staging ? staging.ready.apply(() => hostOf(config)) : hostOf(config)
const auth = new MatrixAuth("matrix", { config, clientSecrets, host })

export const authentication = config.authentication
export const clientIds = auth.clientIds
export const migrated = auth.migrated
export const rehearsed = auth.rehearsed
export const addresses = staging?.addresses ?? {}
