import assert from "node:assert/strict"
import { test } from "node:test"
import { Refusal } from "../../../components/report/refusal.ts"
import { changed, mistakesIn, read, validConfig } from "./valid-config.ts"

interface Case {
  readonly name: string
  readonly change: Record<string, unknown>
  /** How the only mistake begins and what else it says. */
  readonly path: string
  readonly says: readonly string[]
}

const cases: readonly Case[] = [
  {
    name: "a folder for copies that only a shell would understand is refused",
    change: { backup: { copyTo: "~/backups" } },
    path: "backup.copyTo",
    says: ["no shell reads it", "out/backups/test"],
  },
  {
    name: "no backup at all is kept by no number",
    change: { backup: { keep: 0 } },
    path: "backup.keep",
    says: ["not between 1 and 1000"],
  },
  {
    name: "a file to back up is named as it is on the host",
    change: { backup: { include: ["compose.yaml"] } },
    path: "backup.include[0]",
    says: ["an absolute path on the host"],
  },
  {
    name: "a rehearsal is not overridden without a reason",
    change: { rehearsal: { override: "yes" } },
    path: "rehearsal.override",
    says: ["nobody could tell later why", "a reason, in a sentence"],
  },
  {
    name: "a rehearsal's age is counted in days, at least one",
    change: { rehearsal: { maxAgeDays: 0 } },
    path: "rehearsal.maxAgeDays",
    says: ["not between 1 and 365"],
  },
  {
    name: "the certificate of a rehearsal is a file",
    change: { rehearsal: { certificate: "out/" } },
    path: "rehearsal.certificate",
    says: ["it names a folder"],
  },
  {
    name: "an unknown key is told with the key that was meant",
    change: { mas: { isuer: "x" } },
    path: "mas.isuer",
    says: ["did you mean issuer?", "a key that does not exist"],
  },
  {
    name: "an unknown section is told with the section that was meant",
    change: { sinapse: 1 },
    path: "sinapse",
    says: ["did you mean synapse?"],
  },
  {
    name: "a key in another spelling is told with ours",
    change: { synapse: { homeserver_yaml: "/x" } },
    path: "synapse.homeserver_yaml",
    says: ["did you mean homeserverYaml?"],
  },
  {
    name: "a missing issuer is told",
    change: { mas: { issuer: undefined } },
    path: "mas.issuer",
    says: ["found nothing", "https://auth.example.org/"],
  },
  {
    name: "an empty issuer counts as missing",
    change: { mas: { issuer: "" } },
    path: "mas.issuer",
    says: ["found nothing"],
  },
  {
    name: "an issuer without https is refused outside the lab",
    change: { mas: { issuer: "http://auth.example.org/" } },
    path: "mas.issuer",
    says: ["plain http is for the lab only", '"http://auth.example.org/"'],
  },
  {
    name: "an issuer that is no URL is refused",
    change: { mas: { issuer: "auth.example.org" } },
    path: "mas.issuer",
    says: ["it has no scheme"],
  },
  {
    name: "an issuer with a query is refused",
    change: { mas: { issuer: "https://auth.example.org/?a" } },
    path: "mas.issuer",
    says: ["query or a fragment"],
  },
  {
    name: "a path where none is expected is refused",
    change: { synapse: { url: "https://example.org/matrix/" } },
    path: "synapse.url",
    says: ["it has a path (/matrix/)"],
  },
  {
    name: "a path on the host that is not absolute is refused",
    change: { mas: { config: "./config.yaml" } },
    path: "mas.config",
    says: ["no current folder", '"./config.yaml"'],
  },
  {
    name: "a folder where a file is expected is refused",
    change: { mas: { config: "/srv/mas/" } },
    path: "mas.config",
    says: ["it names a folder"],
  },
  {
    name: "a path that climbs is refused",
    change: { mas: { config: "/srv/../mas" } },
    path: "mas.config",
    says: ["without .."],
  },
  {
    name: "an address as server name is refused",
    change: { serverName: "https://example.org" },
    path: "serverName",
    says: ["a server name has no scheme"],
  },
  {
    name: "a user id as server name is refused",
    change: { serverName: "@a:example.org" },
    path: "serverName",
    says: ["it is a user id"],
  },
  {
    name: "a third kind of authentication is refused",
    change: { authentication: "both" },
    path: "authentication",
    says: ["one of legacy, delegated", '"both"'],
  },
  {
    name: "a text where a number belongs is refused",
    change: { mas: { cleanLogSeconds: "soon" } },
    path: "mas.cleanLogSeconds",
    says: ["no whole number"],
  },
  {
    name: "a port out of range is refused",
    change: { databases: { mas: { host: "db", port: 70000 } } },
    path: "databases.mas.port",
    says: ["not between 1 and 65535"],
  },
  {
    name: "a section that is no mapping is refused",
    change: { host: "local" },
    path: "host",
    says: ['found "local"', "keys with their values"],
  },
  {
    name: "a list that is none is refused",
    change: { synapse: { takeOver: "oidc_providers" } },
    path: "synapse.takeOver",
    says: ["a list"],
  },
  {
    name: "only keys that may be taken over can be named",
    change: { synapse: { takeOver: ["password_config"] } },
    path: "synapse.takeOver[0]",
    says: ["one of enable_registration"],
  },
  {
    name: "a command as one text is refused",
    change: { mas: { commands: { logs: "journalctl --unit mas" } } },
    path: "mas.commands.logs",
    says: ["need a shell"],
  },
  {
    name: "a database that is in two places is refused",
    change: { databases: { mas: { container: "a1", host: "b" } } },
    path: "databases.mas",
    says: ["container and host are both there"],
  },
  {
    name: "a database that is nowhere is refused",
    change: { databases: { mas: { port: 5432 } } },
    path: "databases.mas",
    says: ["either container or host"],
  },
  {
    name: "a database's credentials do not belong here",
    change: { databases: { mas: { container: "m1", password: "hunter2" } } },
    path: "databases.mas.password",
    says: ["read from their own files"],
  },
  {
    name: "what starts a service has to stop it, too",
    change: { mas: { commands: { start: ["systemctl", "start", "mas"], restart: ["systemctl", "restart", "mas"] } } },
    path: "mas.commands",
    says: ["it lacks stop", "all three of them, or none"],
  },
  {
    name: "mas-cli cannot run within the MAS that is stopped for the migration",
    change: { mas: { commands: { cli: ["docker", "exec", "-i", "mas"] } } },
    path: "mas.commands.cli",
    says: ["mas is what is stopped for the migration", "while MAS is stopped"],
  },
  {
    name: "nor within what a command of its own stops",
    change: {
      mas: {
        commands: {
          cli: ["kubectl", "exec", "-i", "deploy/auth", "--"],
          start: ["kubectl", "scale", "--replicas=1", "deploy/auth"],
          stop: ["kubectl", "scale", "--replicas=0", "deploy/auth"],
          restart: ["kubectl", "rollout", "restart", "deploy/auth"],
        },
      },
    },
    path: "mas.commands.cli",
    says: ["deploy/auth is what is stopped"],
  },
  {
    name: "a service without container needs all of its commands",
    change: { mas: { container: undefined, commands: { cli: ["mas-cli"] } } },
    path: "mas.container",
    says: ["commands lacks start, stop, restart, logs"],
  },
  {
    name: "one file for two things is refused",
    change: { element: { config: "/srv/mas/config.yaml" } },
    path: "element.config",
    says: ["mas.config names the same file"],
  },
  {
    name: "an acknowledgement without a number is refused",
    change: { acknowledge: { guests: "many" } },
    path: "acknowledge.guests",
    says: ["no whole number"],
  },
  {
    name: "a host that is reached another way is refused",
    change: { host: { kind: "ssh" } },
    path: "host.kind",
    says: ["expected local"],
  },
  { name: "lab is true or false", change: { lab: "yes" }, path: "lab", says: ["true or false"] },
]

for (const { name, change, path, says } of cases) {
  test(name, () => {
    const mistakes = mistakesIn(changed(change))
    assert.equal(mistakes.length, 1, mistakes.join("\n"))
    assert.ok(mistakes[0]?.startsWith(`${path}: found `), mistakes[0])
    for (const text of [...says, "; expected ", "; for example "]) assert.ok(mistakes[0]?.includes(text), mistakes[0])
  })
}

test("a config without mistakes is read, with its defaults filled in", () => {
  const { settings, notes } = read(validConfig)
  assert.equal(settings.authentication, "legacy")
  assert.equal(settings.lab, false)
  assert.deepEqual(settings.host, { kind: "local", stateFolder: "/var/lib/matrix-auth/example.org", leaseSeconds: 120 })
  assert.deepEqual(settings.synapse, { ...validConfig.synapse, takeOver: [], commands: {} })
  assert.equal(settings.mas.cleanLogSeconds, 30)
  assert.deepEqual(settings.databases.synapse, { kind: "container", container: "postgres", port: 5432 })
  assert.equal(settings.wellKnown.url, "https://example.org/.well-known/matrix/client")
  assert.equal(settings.element.minimumVersion, "1.11.50")
  assert.deepEqual(settings.acknowledge, {})
  assert.equal(settings.staging, undefined)
  assert.equal(notes.filter((note) => !note.includes("derived")).length, 0)
})

test("all mistakes are told at once, each with path, found, expected and example", () => {
  const mistakes = mistakesIn({
    nonsense: 1,
    mas: { issuer: "ftp://x" },
    clients: [{ name: "a", id: "b" }],
    lab: "maybe",
  })
  for (const path of ["serverName", "synapse.url", "mas.issuer", "databases.mas", "lab", "clients[0].id", "nonsense"]) {
    const mistake = mistakes.find((line) => line.startsWith(`${path}: found `))
    assert.match(mistake ?? `nothing about ${path}`, /; expected .+; for example .+/)
  }
})

test("a config with nothing in it is told key by key, not section by section", () => {
  const paths = mistakesIn({}).map((line) => line.split(":")[0])
  for (const path of ["serverName", "mas.issuer", "synapse.container", "wellKnown.file"])
    assert.ok(paths.includes(path))
})

test("a config that is no mapping is refused in the same words", () => {
  assert.match(mistakesIn("legacy")[0] ?? "", /expected keys with their values/)
})

test("the refusal names the stack's file and says that nothing was touched", () => {
  assert.throws(
    () => read({}, { stack: "prod" }),
    (error) => {
      assert.ok(error instanceof Refusal)
      assert.equal(error.where.file, "Pulumi.prod.yaml")
      assert.equal(error.meaning, "Nothing was contacted and nothing was changed.")
      return true
    },
  )
})

test("an issuer without the slash at its end is mended, with a note", () => {
  const { settings, notes } = read(changed({ mas: { issuer: "https://auth.example.org" } }))
  assert.equal(settings.mas.issuer, "https://auth.example.org/")
  assert.ok(notes.includes("issuer: the slash at the end of https://auth.example.org/ was missing and has been added"))
})

test("an issuer below a path gets its slash, too", () => {
  const { settings } = read(changed({ mas: { issuer: "https://example.org/auth" } }))
  assert.equal(settings.mas.issuer, "https://example.org/auth/")
})

test("in the lab public addresses may be plain http", () => {
  const lab = { lab: "true", mas: { issuer: "http://localhost:18080/" }, synapse: { url: "http://localhost:18008" } }
  const { settings } = read(changed(lab))
  assert.equal(settings.mas.issuer, "http://localhost:18080/")
  assert.equal(settings.synapse.url, "http://localhost:18008/")
})

test("values as the engine hands them over, as text, are read", () => {
  const { settings } = read(changed({ lab: "false", mas: { cleanLogSeconds: "5" } }))
  assert.equal(settings.lab, false)
  assert.equal(settings.mas.cleanLogSeconds, 5)
})

test("a port in the server name is not part of where the well-known is", () => {
  const { settings } = read(changed({ serverName: "example.org:8448" }))
  assert.equal(settings.wellKnown.url, "https://example.org/.well-known/matrix/client")
})

test("a service with all of its commands needs no container", () => {
  const words = (verb: string) => ["systemctl", verb, "mas"]
  const commands = {
    cli: ["env"],
    start: words("start"),
    stop: words("stop"),
    restart: words("restart"),
    logs: ["journalctl"],
  }
  const { settings } = read(changed({ mas: { container: undefined, commands } }))
  assert.deepEqual(settings.mas.commands, commands)
  assert.equal("container" in settings.mas && settings.mas.container !== undefined, false)
})

test("a backup is kept thrice and copied to a folder named after the stack, unless told otherwise", () => {
  const { copy, copyTo, keep, maxAgeMinutes, media, include } = read(changed({}), { stack: "prod" }).settings.backup
  assert.deepEqual(
    { copy, copyTo, keep, maxAgeMinutes, media, include },
    { copy: true, copyTo: "out/backups/prod", keep: 3, maxAgeMinutes: 60, media: false, include: [] },
  )
})
