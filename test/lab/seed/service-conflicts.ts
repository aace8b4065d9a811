import { stat, utimes } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { execa } from "execa"
import type { Lab } from "../lab.ts"

/** A conflict that no row makes: in a service's settings, or in how services reach each other. */
export interface ServiceConflict {
  /** As `preFlightKinds` calls it. */
  readonly kind: string
  /** One that is named. */
  readonly which: string
  /** Default: 1. */
  readonly count?: number
}

/** A world with conflicts, and what makes it so. Two, since some hide others. */
export interface ServiceWorld {
  readonly title: string
  readonly conflicts: readonly ServiceConflict[]
  readonly homeserver: (text: string) => string
  readonly mas: (text: string) => string
  /** Sections of the stack's config, over what is there. */
  readonly config: (lab: Lab) => Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string>>
  /** What has to be there before, and is taken away after it. */
  readonly prepare?: (lab: Lab) => Promise<AsyncDisposable>
}

const early = fileURLToPath(new URL("../programs/lives-a-minute-and-a-half-ahead.mjs", import.meta.url))

/** Wants a Synapse 1.142.0, which drops the path of MAS's address. */
export const serviceWorlds: readonly ServiceWorld[] = [
  {
    title: "services that do not find each other",
    conflicts: [
      { kind: "server-name-differs", which: "elsewhere.test in place of staging.localhost" },
      { kind: "guests-allowed", which: "allow_guest_access" },
      { kind: "synapse-unfit", which: "Synapse 1.142.0 drops the path of the endpoint" },
      { kind: "mas-out-of-reach", which: "http://nowhere.invalid:8080/path/" },
      { kind: "synapse-out-of-reach", which: "http://nowhere.invalid:8008/" },
      { kind: "secrets-differ", which: "matrix_authentication_service" },
      { kind: "clocks-differ", which: "the machine that runs Pulumi is 1 min " },
    ],
    homeserver: (text) =>
      `${text.replace("allow_guest_access: false", "allow_guest_access: true")}
matrix_authentication_service: {enabled: false, secret: of-another-time}
`,
    mas: (text) =>
      text
        .replace(/^( {2}secret: ).*$/m, "$1another-one-than-mas-has-read")
        .replace(/^( {2}endpoint: ).*$/m, "$1http://nowhere.invalid:8008/"),
    config: ({ places: { mas } }) => ({
      serverName: "elsewhere.test",
      mas: { ...mas, endpoint: "http://nowhere.invalid:8080/path/", synapseEndpoint: "http://nowhere.invalid:8008/" },
    }),
    environment: { NODE_OPTIONS: `--import=${early}` },
  },
  {
    title: "settings that cannot stay",
    conflicts: [
      { kind: "conflicting-settings", which: "cas_config.enabled", count: 4 },
      { kind: "secret-missing", which: "matrix.secret in" },
      { kind: "registration-enabled", which: "enable_registration" },
      { kind: "user-consent-enabled", which: "user_consent" },
      { kind: "terms-of-service-missing", which: "branding.tos_uri" },
      { kind: "captcha-missing", which: "captcha.service" },
      { kind: "external-log-in", which: "cas_config" },
      { kind: "log-in-amiss", which: "wellKnownDocument, http" },
      { kind: "synapse-workers", which: "instance_map" },
    ],
    homeserver: (text) =>
      `${text.replace("enable_registration: false", "enable_registration: true")}
enable_registration_captcha: true
user_consent: {version: "1.0", template_dir: /nowhere}
cas_config: {enabled: true, server_url: "https://cas.test"}
instance_map: {main: {host: localhost, port: 9093}, worker1: {host: localhost, port: 9094}}
`,
    mas: (text) => text.replace(/^ {2}secret: .*$/m, "  secret_file: /nowhere/secret"),
    config: ({ places: { wellKnown } }) => ({ wellKnown: { ...wellKnown, url: `${wellKnown.url}-that-moved` } }),
    environment: {},
  },
  {
    title: "a secret that the running MAS does not have",
    conflicts: [{ kind: "secret-not-taken", which: "mas/config.yaml" }],
    homeserver: (text) => text,
    mas: (text) => text.replace(/^( {2}secret: ).*$/m, "$1another-one-than-mas-has-read"),
    config: () => ({}),
    environment: {},
  },
  {
    title: "services that are run in a way that cannot be gone on with",
    conflicts: [
      { kind: "start-refused", which: "No module named 'nope'" },
      { kind: "removed-when-stopped", which: "-mas-otherwise" },
      { kind: "mas-log-unreadable", which: "-mas-otherwise" },
      { kind: "several-config-files", which: "mas: /nowhere/more.yaml" },
      { kind: "mas-environment", which: "MAS_HTTP_PUBLICBASE" },
    ],
    homeserver: (text) => `${text}\nmodules: [{module: nope.Nope}]\n`,
    mas: (text) => text,
    config: ({ places: { mas } }) => ({ mas: { ...mas, container: otherwise(mas.container) } }),
    environment: {},
    prepare: masOtherwise,
  },
]

const otherwise = (container: string) => `${container}-otherwise`

/** A container of MAS that was made otherwise, and does not run: beside its own, with the same files. */
async function masOtherwise({ dockerCli, environment, images, places: { mas } }: Lab): Promise<AsyncDisposable> {
  const name = otherwise(mas.container)
  const docker = (...words: readonly string[]) => execa(dockerCli, words, { env: environment })
  const config = "MAS_CONFIG=/nowhere/more.yaml"
  const made = ["--rm", "--log-driver", "none", "--env", config, "--env", "MAS_HTTP_PUBLICBASE=http://nowhere/"]
  await docker("create", "--name", name, ...made, "--volumes-from", mas.container, images.mas, "server")
  return { [Symbol.asyncDispose]: async () => void (await docker("rm", "--force", name)) }
}

/** Edits a file as somebody did long ago: the services have read it since, as far as its time says. */
export async function editInThePast(lab: Lab, path: string, change: (text: string) => string): Promise<void> {
  await lab.edit(path, change)
  const { atime } = await stat(path)
  await utimes(path, atime, new Date("2020-01-01"))
}
