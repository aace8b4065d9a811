// Declares the commands of wanted.json, and a Docker network of that name if it asks for one.
import { readFileSync } from "node:fs"
import { local } from "@pulumi/command"
import { Network } from "@pulumi/docker"
import { secret } from "@pulumi/pulumi"

interface Wanted {
  readonly network?: string
  readonly commands: Readonly<Record<string, local.CommandArgs>>
  /** Values of `environment` by their names, and `stdin`, that are to be secrets. */
  readonly secrets?: readonly string[]
}

const wanted: Wanted = JSON.parse(readFileSync("wanted.json", "utf8"))
if (wanted.network !== undefined) new Network("network", { name: wanted.network })
for (const [name, { stdin, environment, ...args }] of Object.entries(wanted.commands)) {
  new local.Command(name, {
    ...args,
    ...(stdin === undefined ? {} : { stdin: hidden("stdin", stdin) }),
    ...(environment === undefined ? {} : { environment: hiddenIn(environment as Record<string, string>) }),
  })
}

function hidden<T>(name: string, value: T) {
  return wanted.secrets?.includes(name) ? secret(value) : value
}

function hiddenIn(environment: Record<string, string>) {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, hidden(name, value)]))
}
