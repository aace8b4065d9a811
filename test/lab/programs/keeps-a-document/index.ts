// Keeps the well-known of wanted.json by a resource of ours, and runs its commands.
import { readFileSync } from "node:fs"
import { local } from "@pulumi/command"
import { secret } from "@pulumi/pulumi"

interface Wanted {
  readonly file: string
  readonly keptAt: string
  readonly issuer: string | null
  readonly commands?: Readonly<Record<string, local.CommandArgs>>
  /** A secret that a command is given. */
  readonly password?: string
  /** What the program ends with. */
  readonly mistake?: string
}

// The provider looks for `components` in the project's folder, too.
type Rooms = typeof import("../../../../components/web/well-known.ts")
const { WellKnown } = (await import(`${process.cwd()}/components/web/well-known.ts`)) as Rooms

const {
  file,
  keptAt,
  issuer,
  commands = {},
  password,
  mistake,
}: Wanted = JSON.parse(readFileSync("wanted.json", "utf8"))
new WellKnown("well-known", { host: { kind: "local" }, file, keptAt, issuer })
for (const [name, args] of Object.entries(commands)) new local.Command(name, args)
if (password !== undefined)
  new local.Command("password", { create: "true", environment: { PASSWORD: secret(password) } })
if (mistake !== undefined) throw new Error(mistake)
