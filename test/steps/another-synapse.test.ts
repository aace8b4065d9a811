import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { it } from "node:test"
import { prepareSynapse } from "../lab/images/images.ts"
import { makeLab } from "../lab/lab.ts"
import { prepareToolchain } from "../lab/toolchain/toolchain.ts"

it("delegates and takes back another real Synapse, 1.156.0, and gives every byte back", async (t) => {
  const { dockerCli, environment } = await prepareToolchain()
  const synapse = await prepareSynapse("1.156.0", { docker: dockerCli, environment })
  const lab = await makeLab({ images: { synapse } })
  t.after(() => lab.destroy())
  await lab.bringUpServer()
  const documents = () =>
    Promise.all(
      [lab.places.synapse.homeserverYaml, lab.places.wellKnown.file, lab.places.element.config].map((path) =>
        readFile(path, "utf8"),
      ),
    )
  const before = await documents()
  // A leftover of the experimental mode: fine for this Synapse, and in the way of the block.
  await lab.configure({ acknowledge: {} })
  for (const authentication of ["legacy", "delegated"]) {
    await lab.configure({ authentication })
    const { exitCode, output } = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
    assert.equal(exitCode, 0, output)
  }
  const flows = await fetch(new URL("/_matrix/client/v3/login", lab.places.synapse.url))
  assert.match(await flows.text(), /"oauth_aware_preferred":true/)
  const metadata = await fetch(new URL("/_matrix/client/v1/auth_metadata", lab.places.synapse.url))
  assert.equal(((await metadata.json()) as { issuer: string }).issuer, lab.places.mas.issuer)

  await lab.configure({ authentication: "legacy" })
  const back = await lab.pulumi("up", "--yes", "--skip-preview", "--stack", lab.stack)
  assert.equal(back.exitCode, 0, back.output)
  assert.deepEqual(await documents(), before)
})
