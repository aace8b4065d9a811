import { isNothing, onlySpelling, textOf } from "./fields.ts"
import { type Evidence, type Mistake, mistakeAt } from "./mistakes.ts"
import { isMapping, type Mapping } from "./raw.ts"

/** Mistakes that show only when several keys are looked at together; each check does with what there is. */
export function crossChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  return [
    ...serviceChecks(raw, evidence),
    ...fileChecks(raw, evidence),
    ...folderChecks(raw, evidence),
    ...stagingChecks(raw, evidence),
    ...secretChecks(raw, evidence),
  ]
}

const services = ["synapse", "mas"] as const
const serviceVerbs = ["cli", "start", "stop", "restart", "logs"] as const

/** Without a container, every command has to be told; with one, whatever starts the service has to stop it, too. */
function serviceChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  return services.flatMap((service) => {
    const section = isMapping(raw[service]) ? raw[service] : {}
    const commands = isMapping(section.commands) ? section.commands : {}
    const lacks = (verbs: readonly string[]) => verbs.filter((verb) => isNothing(commands[verb]))
    const mistakes = isNothing(section.container)
      ? withoutContainer(service, lacks(serviceVerbs), evidence)
      : halfSteered(service, lacks(steering), evidence)
    return [...mistakes, ...(service === "mas" ? cliWithinMas(commands, section.container, evidence) : [])]
  })
}

function withoutContainer(service: string, missing: readonly string[], evidence: Evidence): Mistake[] {
  if (missing.length === 0) return []
  const why = missing.length < serviceVerbs.length ? { why: `commands lacks ${missing.join(", ")}` } : {}
  const complaint = { expected: "the name of a container, or all five of commands", example: service, ...why }
  return [mistakeAt([service, "container"], complaint, evidence)]
}

const steering = ["start", "stop", "restart"] as const

/** What one starts, the other may start again after a stop: in the middle of a migration. */
function halfSteered(service: string, missing: readonly string[], evidence: Evidence): Mistake[] {
  if (missing.length === 0 || missing.length === steering.length) return []
  const expected = "start, stop and restart, all by the same hand: all three of them, or none"
  const example = `{start: [systemctl, start, ${service}], stop: [systemctl, stop, ${service}], restart: [systemctl, restart, ${service}]}`
  return [mistakeAt([service, "commands"], { expected, example, why: `it lacks ${missing.join(" and ")}` }, evidence)]
}

/** mas-cli migrates while MAS is stopped: a command that goes into MAS finds nothing to go into then. */
function cliWithinMas(commands: Mapping, container: unknown, evidence: Evidence): Mistake[] {
  const [cli, stop] = [commands.cli, commands.stop].map((words) => (Array.isArray(words) ? words.map(textOf) : []))
  const at = cli?.indexOf("exec") ?? -1
  if (cli === undefined || at < 0) return []
  const target = cli.slice(at + 1).find((word) => word === textOf(container) || stop?.slice(1).includes(word))
  if (target === undefined || target.startsWith("-")) return []
  const why = `${target} is what is stopped for the migration, and mas-cli has to run then`
  const expected = "what runs mas-cli while MAS is stopped, too"
  return [mistakeAt(["mas", "commands", "cli"], { expected, example: "[sudo, -u, mas]", why }, evidence)]
}

const files = [
  ["synapse", "homeserverYaml"],
  ["mas", "config"],
  ["wellKnown", "file"],
  ["element", "config"],
] as const

function fileChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  const paths = files.map(([section, key]) => plainPath(settingAt(raw, [section, key])))
  return files.flatMap((path, index) => {
    const first = paths.indexOf(paths[index])
    if (isNothing(paths[index]) || first === index) return []
    const why = `${files[first]?.join(".")} names the same file`
    return [mistakeAt(path, { expected: "a file of its own", example: `/srv/${path[0]}/config`, why }, evidence)]
  })
}

const ownFolders = [
  ["host", "stateFolder"],
  ["backup", "folder"],
] as const

/** Nobody but us may enter these: a service whose file is right in one, or below it, could not read that any more. */
function folderChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  return ownFolders.flatMap((path) => {
    const folder = plainPath(settingAt(raw, path))
    if (typeof folder !== "string") return []
    const inside = files.find((file) => textOf(plainPath(settingAt(raw, file))).startsWith(`${folder}/`))
    if (inside === undefined) return []
    const why = `${inside.join(".")} lies in it, and nobody else may enter it`
    return [
      mistakeAt(path, { expected: "a folder of its own", example: "/var/lib/matrix-auth/example.org", why }, evidence),
    ]
  })
}

function settingAt(raw: Mapping, [section, key]: readonly [string, string]): unknown {
  const part = raw[section]
  return isMapping(part) ? part[key] : undefined
}

function plainPath(value: unknown): unknown {
  return typeof value === "string" && value.startsWith("/") ? onlySpelling(value) : value
}

function stagingChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  const staging = raw.staging
  if (!isMapping(staging)) return []
  const ports = isMapping(staging.ports) ? Object.entries(staging.ports) : []
  const numbers = ports.map(([, port]) => textOf(port))
  const twice = ports.flatMap(([name], index) => {
    const first = numbers.indexOf(numbers[index] ?? "")
    if (first === index) return []
    const why = `staging.ports.${ports[first]?.[0]} has it`
    return [mistakeAt(["staging", "ports", name], { expected: "a port of its own", example: "18081", why }, evidence)]
  })
  // Another value of `lab` is a mistake of its own.
  if (!isNothing(raw.lab) && textOf(raw.lab) !== "false") return twice
  const complaint = { expected: "true beside staging", example: "true", why: "the staging stack is plain http" }
  return [mistakeAt(["lab"], complaint, evidence), ...twice]
}

/** A client's secret is stored encrypted, or not at all. */
function secretChecks(raw: Mapping, evidence: Evidence): Mistake[] {
  const secrets = raw.clientSecrets
  if (!isMapping(secrets)) return []
  return Object.keys(secrets)
    .filter((name) => !isEncrypted(name, evidence))
    .map((name) => {
      const example = `pulumi config set --secret --path clientSecrets.${name} …`
      const why = "it is in the file in the clear: take another secret, this one has been seen"
      return mistakeAt(["clientSecrets", name], { expected: "a secret, stored encrypted", example, why }, evidence)
    })
}

function isEncrypted(name: string, { secretKeys, stored }: Evidence): boolean {
  if (!secretKeys.has("clientSecrets")) return false
  const kept = stored?.clientSecrets
  // Encrypted as a whole, or the file is not at hand: the engine's word is all there is.
  if (!isMapping(kept) || "secure" in kept) return true
  const entry = kept[name]
  return entry === undefined || (isMapping(entry) && "secure" in entry)
}
