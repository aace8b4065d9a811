import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { after, before, describe, it } from "node:test"
import { type Lab, makeLab } from "../../lab/lab.ts"
import { callsTo } from "../../lab/seed/client-api.ts"
import { passwordOf } from "../../lab/seed/people.ts"
import { type Session, seedAccount } from "../../lab/seed/seed.ts"
import { homeserverOf } from "../../lab/seed/seed-lab.ts"
import { prepareSynapse } from "../../offline/images/images.ts"
import { prepareToolchain } from "../../offline/toolchain/toolchain.ts"

/** There, back and there again, on a release from before the experimental mode was removed. */
describe("another real Synapse, 1.156.0", () => {
  let lab: Lab
  let session: Session
  let untouched: readonly string[]

  before(async () => {
    const { dockerCli, environment } = await prepareToolchain()
    const synapse = await prepareSynapse("1.156.0", { docker: dockerCli, environment })
    lab = await makeLab({ images: { synapse } })
    await lab.configure({ acknowledge: {} })
    await lab.bringUpServer()
    const [first] = await seedAccount(await homeserverOf(lab), { localpart: "wendy", devices: 1 })
    assert.ok(first)
    session = first
    untouched = await documents()
    await upTo("legacy")
  })
  after(() => lab?.destroy())

  it("is delegated", async () => {
    await upTo("delegated")
    assert.deepEqual(await seen(), { flows: "MAS", issuer: lab.places.mas.issuer, user: session.userId })
  })

  it("is taken back, with every byte of every document as before", async () => {
    await upTo("legacy")
    assert.deepEqual(await documents(), untouched)
    assert.deepEqual(await seen(), { flows: "passwords", issuer: undefined, user: session.userId })
  })

  it("is not stopped, every byte in place, when MAS is not where a delegated one would look for it", async () => {
    await lab.configure({
      authentication: "delegated",
      mas: { cleanLogSeconds: 0, endpoint: "http://nowhere.invalid:8080/" },
    })
    const { exitCode, output } = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.notEqual(exitCode, 0)
    assert.match(output, /migration\/pre-flight/)
    assert.match(output, /mas-out-of-reach \(1\): .*http:\/\/nowhere\.invalid:8080\//)
    assert.deepEqual(await documents(), untouched)
    assert.deepEqual(await seen(), { flows: "passwords", issuer: undefined, user: session.userId })
    await lab.configure({ mas: { cleanLogSeconds: 0 } })
  })

  it("is delegated again, with what MAS kept from the first time made anew", async () => {
    const { access_token } = await callsTo(lab.places.synapse.url)("POST", "/_matrix/client/v3/login", {
      type: "m.login.password",
      identifier: { type: "m.id.user", user: "wendy" },
      password: passwordOf("wendy"),
    })
    const output = await upTo("delegated")
    assert.match(output, /a stale copy from an earlier cutover, and nothing of its own/)
    assert.deepEqual(await seen(), { flows: "MAS", issuer: lab.places.mas.issuer, user: session.userId })
    const whoami = await callsTo(lab.places.synapse.url, String(access_token))(
      "GET",
      "/_matrix/client/v3/account/whoami",
    )
    assert.equal(whoami.user_id, session.userId, "a token from between the two cutovers got lost")
  })

  async function upTo(authentication: string): Promise<string> {
    await lab.configure({ authentication })
    const { exitCode, output } = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
    return output
  }

  function documents(): Promise<string[]> {
    const { synapse, wellKnown, element } = lab.places
    return Promise.all([synapse.homeserverYaml, wellKnown.file, element.config].map((path) => readFile(path, "utf8")))
  }

  async function seen() {
    const { url } = lab.places.synapse
    const flows = await fetch(new URL("/_matrix/client/v3/login", url))
    const metadata = await fetch(new URL("/_matrix/client/v1/auth_metadata", url))
    const whoami = await callsTo(url, session.accessToken)("GET", "/_matrix/client/v3/account/whoami")
    return {
      flows: (await flows.text()).includes('oauth_aware_preferred":true') ? "MAS" : "passwords",
      issuer: ((await metadata.json()) as { issuer?: string }).issuer,
      user: whoami.user_id,
    }
  }
})
