import assert from "node:assert/strict"
import { test } from "node:test"
import { sayWayBack, sayWayThere } from "../../../components/migration/what-will-happen.ts"

const atBoot = "should the machine restart meanwhile, Docker starts Synapse"
const there = { users: 21, sessions: 41, issuer: "https://auth.example.org/", hasFindings: false, atBoot }
const measured = { "dry-run": 30, "stop-mas": 2, "start-mas-after-rehearsal": 4, "restart-synapse": 6 }

test("the way there is told in its order: backup and MAS, trial, the window, Synapse, clients", () => {
  const lines = sayWayThere({ ...there, times: measured })
  const order = [
    /^the way there/,
    /^1\. .*backup.*MAS/,
    /^2\. .*tries/,
    /^3\. Synapse stops.*should the machine restart meanwhile, Docker starts Synapse$/,
    /^4\. .*delegated/,
    /^5\. .*/,
  ]
  for (const [nth, said] of order.entries()) assert.match(lines[nth] ?? "", said)
  assert.match(lines.at(-1) ?? "", /`authentication: legacy` and `pulumi up`/)
})

test("it says what people notice: for how long, with how many accounts, and where they log in then", () => {
  const text = sayWayThere({ ...there, times: measured }).join("\n")
  assert.match(text, /for about 44 s clients show that the server is out of reach/)
  assert.match(text, /21 accounts and 41 sessions/)
  assert.match(text, /log in at https:\/\/auth\.example\.org\//)
  assert.match(text, /whoever is logged in stays so;/)
})

test("where something is worth knowing, it does not promise that everybody stays logged in", () => {
  const text = sayWayThere({ ...there, times: measured, hasFindings: true }).join("\n")
  assert.match(text, /whoever is logged in stays so, but for what the migration below says;/)
})

test("before anything was measured, it does not guess for how long", () => {
  assert.match(sayWayThere({ ...there, times: {} }).join("\n"), /for a while that is known after the first dry-run/)
})

test("the way back is told in its order, with how long people wait", () => {
  const lines = sayWayBack(measured, atBoot)
  const order = [
    /^the way back/,
    /^1\. .*backup/,
    /^2\. Synapse restarts.*about 6\.0 s.*should the machine restart meanwhile, Docker starts Synapse$/,
    /^3\. MAS.*idle/,
    /^4\. .*password form/,
  ]
  for (const [nth, said] of order.entries()) assert.match(lines[nth] ?? "", said)
})
