import assert from "node:assert/strict"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { execa } from "execa"
import type { Certificate } from "../../../components/migration/certificate.ts"
import { digestOfProgram } from "../../../components/migration/certificate-program.ts"
import { type AdoptingStack, type Lab, makeLab } from "../../lab/lab.ts"
import { certify } from "../../rehearsal/certify.ts"
import { fingerprintOf } from "../../rehearsal/fingerprint.ts"

/** A world in which the work cannot be done, and what has to be said of it. */
interface BadWorld {
  readonly title: string
  /** Makes it so, and returns what makes it good again. */
  readonly make: (lab: Lab, own: AdoptingStack) => Promise<() => Promise<unknown>>
  readonly command: "preview" | "up"
  readonly environment?: Readonly<Record<string, string>>
  readonly says: readonly RegExp[]
}

/** Edits a file by hand, and back byte for byte. */
function edited(path: (lab: Lab) => string, change: (text: string) => string): BadWorld["make"] {
  return async (lab) => {
    const original = await readFile(path(lab), "utf8")
    await lab.edit(path(lab), change)
    return () => lab.edit(path(lab), () => original)
  }
}

const homeserverYaml = ({ places }: Lab) => places.synapse.homeserverYaml
const masConfig = ({ places }: Lab) => places.mas.config

const badWorlds: readonly BadWorld[] = [
  {
    title: "Docker is not running",
    make: async () => async () => {},
    command: "preview",
    environment: { DOCKER_HOST: "unix:///nonexistent/docker.sock" },
    says: [/docker\/(engine-unreachable|daemon-not-running|not-running|unreachable|command-failed)/i, /Next: /],
  },
  {
    title: "the container of Synapse is missing",
    make: async (_, own) => {
      await own.configure({ synapse: { ...own.synapse, container: "no-such-synapse" } })
      return () => own.configure({ synapse: own.synapse })
    },
    command: "preview",
    says: [/docker\/container-missing/, /no-such-synapse/],
  },
  {
    title: "MAS's database refuses the password",
    make: edited(masConfig, (text) => text.replace(/(uri: postgresql:\/\/mas:)[^@]*@/, "$1wrong-password@")),
    command: "preview",
    says: [/database\/password-refused/, /database mas/],
  },
  {
    title: "homeserver.yaml is no YAML",
    make: edited(homeserverYaml, (text) => `${text}\nnonsense: [\n`),
    command: "preview",
    says: [/document\/unusable/, /homeserver\.yaml/, /Line \d+, column \d+/],
  },
  {
    title: "homeserver.yaml has a key twice",
    make: edited(homeserverYaml, (text) => `${text}\nenable_registration: true\n`),
    command: "preview",
    says: [/document\/unusable/, /enable_registration/, /Line \d+/],
  },
  {
    title: "homeserver.yaml holds a setting that a delegated Synapse does not start with",
    make: async (lab, own) => {
      const restore = await edited(homeserverYaml, (text) =>
        text.replace("enable_registration: false", "enable_registration: true"),
      )(lab, own)
      await own.configure({ authentication: "delegated" })
      return async () => {
        await own.configure({ authentication: "legacy" })
        await restore()
      }
    },
    command: "preview",
    says: [/enable_registration/, /takeOver/],
  },
  {
    title: "the cutover was not rehearsed",
    make: async (_, own) => {
      await own.configure({ authentication: "delegated", rehearsal: {} })
      return () => own.configure({ authentication: "legacy", rehearsal: own.rehearsal })
    },
    command: "preview",
    says: [
      /migration\/not-rehearsed/,
      /there is no certificate/,
      /npm run rehearse -- --stack \S+-own --synapse 1\.\d+\.\d+ --mas 1\./,
    ],
  },
  {
    title: "mas-cli config check refuses the config",
    make: edited(
      masConfig,
      (text) => `${text}clients:\n- client_id: 01GFWR28C4KNE04WG3HKXB7C9U\n  client_auth_method: none\n`,
    ),
    command: "up",
    says: [/mas\/cli-failed/, /invalid character for key "default\.clients\.0\.client_id"/],
  },
]

/** Worlds that only show when the neutral work is done: MAS's own side changes, what people use does not. */
const lateWorlds: readonly BadWorld[] = [
  {
    title: "syn2mas check reports an error",
    make: edited(homeserverYaml, (text) => text.replace("allow_guest_access: false", "allow_guest_access: true")),
    command: "up",
    says: [/migration\/check-failed/, /Guest support is enabled in the Synapse configuration/],
  },
  {
    title: "MAS does not become healthy",
    make: edited(masConfig, (text) => text.replace("address: '[::]:8080'", "address: '203.0.113.1:8080'")),
    command: "up",
    says: [
      /docker\/container-unhealthy|docker\/container-not-running/,
      /service mas is not healthy|does not stay up/,
      /Its last log lines/,
    ],
  },
]

describe("a world in which it cannot be done gets one clear error, and stays as it is", () => {
  let lab: Lab
  let own: AdoptingStack
  before(async () => {
    lab = await makeLab()
    await lab.bringUpServer()
    own = await lab.adopt()
  })
  after(() => lab?.destroy())

  it("previews the adoption of a good world", async () => {
    const untouched = await fingerprintOf(lab)
    const { exitCode, output } = await own.pulumi(["preview"])
    assert.equal(exitCode, 0, output)
    assert.deepEqual(await fingerprintOf(lab), untouched)
  })

  for (const { title, make, command, environment, says } of badWorlds) {
    it(title, async () => {
      const mend = await make(lab, own)
      try {
        const untouched = await fingerprintUnlessBroken(lab)
        const words = command === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"]
        const { exitCode, output } = await own.pulumi(words, environment)
        assert.notEqual(exitCode, 0, output)
        for (const said of says) assert.match(output, said)
        assert.doesNotMatch(output, /Stack backtrace|bug of matrix-auth|at async /)
        assert.deepEqual(withoutOurs(await fingerprintUnlessBroken(lab)), withoutOurs(untouched))
      } finally {
        await mend()
      }
    })
  }

  for (const { title, make, says } of lateWorlds) {
    it(title, async () => {
      const mend = await make(lab, own)
      try {
        const untouched = whatPeopleUse(await fingerprintOf(lab))
        const { exitCode, output } = await own.pulumi(["up", "--yes", "--skip-preview"])
        assert.notEqual(exitCode, 0, output)
        for (const said of says) assert.match(output, said)
        assert.deepEqual(whatPeopleUse(await fingerprintOf(lab)), untouched)
      } finally {
        await mend()
      }
    })
  }

  it("is fine once the world is mended", async () => {
    const { exitCode, output } = await own.pulumi(["up", "--yes", "--skip-preview"])
    assert.equal(exitCode, 0, output)
  })

  it("refuses a certificate of another rehearsal, and names each thing that does not fit", async () => {
    const program = { digest: "0".repeat(64), commit: null, isDirty: false }
    await certified({ ...(await certificate()), program, versions: { synapse: "1.150.0", mas: "1.22.0" } })
    await own.configure({ authentication: "delegated", rehearsal: {} })
    const untouched = await fingerprintOf(lab)
    const { exitCode, output } = await own.pulumi(["preview"])
    assert.notEqual(exitCode, 0, output)
    assert.match(output, /migration\/not-rehearsed/)
    assert.match(output, /Synapse: rehearsed 1\.150\.0, here it is /)
    assert.match(output, /this program \(components\/\): rehearsed 000000000000, here it is /)
    assert.doesNotMatch(output, /MAS: rehearsed|not rehearsed: /)
    assert.deepEqual(await fingerprintOf(lab), untouched)
  })

  it("delegates a server without accounts on a certificate that fits, and sees no drift then", async () => {
    await certified(await certificate())
    assert.match(await toldToMachines(), /the cutover is rehearsed on \d{4}-\d\d-\d\d with Synapse /)
    const { exitCode, output } = await own.pulumi(["up", "--yes", "--skip-preview"])
    assert.equal(exitCode, 0, output)
    const record: unknown = JSON.parse(await readFile(join(lab.places.host.stateFolder, "rehearsal.json"), "utf8"))
    const { rehearsed } = record as { rehearsed: string }
    assert.match(rehearsed, /^rehearsed on .* with Synapse .* and MAS 1\./)
    assert.equal((await own.pulumi(["stack", "output", "rehearsed"])).output.trim(), rehearsed)
    const preview = await own.pulumi(["preview", "--expect-no-changes"])
    assert.equal(preview.exitCode, 0, preview.output)
  })

  /** What `pulumi preview --json` tells, the way there and each document's diff among it; resources and texts, a line each. */
  async function toldToMachines(): Promise<string> {
    const { exitCode, output } = await own.pulumi(["preview", "--json"])
    assert.equal(exitCode, 0, output)
    const { diagnostics } = JSON.parse(output) as { diagnostics: { urn?: string; message: string }[] }
    const of = (resource: string) => diagnostics.filter(({ urn }) => urn?.endsWith(`::${resource}`))
    const [summary] = of("matrix")
    assert.match(summary?.message ?? "", /^the way there, in this order:/)
    for (const document of ["delegated-auth", "mas-settings", "well-known", "element-config"])
      assert.ok(
        of(document).some(({ message }) => /^--- .*\n\+\+\+ .*\n@@ /.test(message)),
        `no diff of ${document}`,
      )
    return diagnostics.map(({ message }) => message).join("\n")
  }

  /** What a rehearsal on this lab would have written. */
  async function certificate() {
    return certify(lab, { proven: [], steps: [] }, await digestOfProgram())
  }

  async function certified(content: Certificate): Promise<void> {
    const file = join(lab.project, "out/rehearsal/certificate.json")
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(content))
  }

  it("has nothing left over of what was tried", async () => {
    const { stdout } = await execa(lab.dockerCli, [
      "ps",
      "--all",
      "--format",
      "{{.Names}}",
      "--filter",
      `name=${lab.stack}`,
    ])
    assert.doesNotMatch(stdout, /matrix-auth-(check|sync|syn2mas|validate|version)/)
  })
})

/** Where the test has broken the way to a database, the files and starts have to do. */
async function fingerprintUnlessBroken(lab: Lab) {
  return fingerprintOf(lab).catch(() => ({}))
}

/** An `up` makes the folder for what is kept before it comes to the rest. */
function withoutOurs(fingerprint: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(fingerprint).filter(([name]) => !name.includes("/matrix-auth/")))
}

/** Synapse with its files and rows, the well-known and Element: all but MAS and what we keep. */
function whatPeopleUse(fingerprint: Readonly<Record<string, string>>) {
  const isOfMas = (name: string) => /\/mas\/|\/matrix-auth\/|^mas\.|^start of .*-mas$/.test(name)
  return Object.fromEntries(Object.entries(fingerprint).filter(([name]) => !isOfMas(name)))
}
