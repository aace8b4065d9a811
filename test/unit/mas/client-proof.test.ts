import assert from "node:assert/strict"
import { test } from "node:test"
import { openHost } from "../../../components/host/open-host.ts"
import { trySecret } from "../../../components/mas/client-proof.ts"
import { serve, serviceAt } from "../web/homeserver.ts"

const client = { clientId: "01JD1CWWZ3K8V4Q2R5T7Y9BMNP", authMethod: "client_secret_basic", secret: "s3cret" }

test("MAS's answer tells a secret that is taken from one that is refused, and from one that it cannot try", async (t) => {
  const mas = await serve(t, {})
  const verdictOn = (status: number, error: string) => {
    mas.answers = { "/oauth2/token": [status, { error }] }
    return trySecret(openHost({ kind: "local" }), serviceAt(mas), client)
  }
  assert.equal(await verdictOn(400, "invalid_grant"), "taken")
  assert.equal(await verdictOn(401, "invalid_client"), "refused")
  assert.equal(await verdictOn(400, "invalid_client"), "refused")
  assert.equal(await verdictOn(500, "server_error"), 500)
})
