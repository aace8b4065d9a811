import { execa } from "execa"
import type { Server } from "../lab/server.ts"
import type { Mutator } from "./mutator.ts"

interface Release {
  readonly name: string
  readonly kind?: Mutator["kind"]
  readonly touches: readonly string[]
  readonly file: (server: Server) => string
  /** Makes the service tell that release. */
  readonly become: (server: Server, release: string) => Promise<void>
  readonly usual: string
  readonly another: string
}

/** The one and the other way: what has been taken note of is what the next look compares with. */
function releases({
  name,
  kind = "version changed",
  touches,
  file,
  become,
  usual,
  another,
}: Release): readonly Mutator[] {
  const step = (is: string, was: string, words: string): Mutator => ({
    name: `${name}: ${words}`,
    kind,
    touches,
    mutate: (server) => become(server, is),
    names: (server) => [{ where: file(server), live: is, wanted: `${was}, as at the last \`pulumi up\`` }],
    note: "the program in the container is edited to tell another release; `mended` means that `up` took note of it",
  })
  return [step(another, usual, "another release"), step(usual, another, "the former release again")]
}

/** Python reads the last line last. */
const inSynapse = async (server: Server, release: string) => {
  const line = `SYNAPSE_VERSION = "${release}"  # by hand`
  const edit = `p="$(python -c 'import synapse.util; print(synapse.util.__file__)')" && sed -i '/# by hand$/d' "$p" && echo '${line}' >> "$p"`
  await server.docker("exec", "--user", "0", server.containers.synapse, "sh", "-c", edit)
  await server.restart("synapse")
}

const inElement = async (server: Server, release: string) => {
  const { version } = await rootOf(server)
  await server.docker(
    "exec",
    "--user",
    "0",
    server.containers.element,
    "sh",
    "-c",
    `printf '${release}\\n' > ${version}`,
  )
}

async function rootOf(server: Server) {
  const found = await server.docker("exec", server.containers.element, "sh", "-c", "ls /app/version")
  return { version: found.trim() }
}

/** MAS's image has no shell to change anything in it: so it is the memory that changes. */
async function rememberMas(server: Server, release: string): Promise<void> {
  const { stack, project, environment } = server.lab
  const options = { cwd: project, env: environment }
  const { stdout } = await execa("pulumi", ["stack", "export", "--stack", stack], options)
  const state = JSON.parse(stdout) as { deployment: { resources: StateResource[] } }
  const settings = state.deployment.resources.find(({ urn }) => urn.endsWith("::mas-settings"))
  if (settings?.inputs?.version === undefined) throw new Error("the state knows no version of MAS")
  for (const part of [settings.inputs, settings.outputs]) if (part) part.version = release
  await execa("pulumi", ["stack", "import", "--stack", stack], { ...options, input: JSON.stringify(state) })
}

interface StateResource {
  readonly urn: string
  readonly inputs?: Record<string, unknown>
  readonly outputs?: Record<string, unknown>
}

/** A release other than at the last `up`: told, and not mended. */
export const ofVersions: readonly Mutator[] = [
  ...releases({
    name: "Synapse",
    touches: ["homeserver", "run/synapse", "seen/mas"],
    file: ({ files }) => files.homeserver,
    become: inSynapse,
    usual: "1.163.2",
    another: "1.163.3",
  }),
  ...releases({
    name: "Element",
    kind: "Element's config or version",
    touches: ["run/element/version"],
    file: ({ files }) => files.element,
    become: inElement,
    usual: "1.12.3",
    another: "1.12.4",
  }),
  {
    name: "MAS: another release than at the last `up`",
    kind: "version changed",
    touches: ["state", "mas"],
    mutate: (server) => rememberMas(server, "v1.21.0"),
    names: (server) => [{ where: server.files.mas, live: "v1.22.0", wanted: "v1.21.0, as at the last `pulumi up`" }],
    note: "the state is edited to remember an older release; `mended` means that `up` took note of the one that runs",
  },
]
