import assert from "node:assert/strict"
import { test } from "node:test"
import { stateOfHolder } from "../../../components/recovery/lock-holder.ts"

const takenAt = new Date("2026-11-24T02:13:04Z")
const lock = { pid: 4711, username: "root", hostname: "vps", takenAt }

function processNamed(program: string, secondsAfterTheLock: number) {
  const startedAt = new Date(takenAt.getTime() + secondsAfterTheLock * 1000)
  const argv = program === "" ? [] : [program, "up"]
  return [{ pid: 4711, parent: 1, argv, folder: "/", startedAt, busySeconds: 0 }]
}

for (const step of [-86_400, -3600, -10, 10, 60, 3600, 86_400]) {
  test(`a clock that is set by ${step} s makes no living holder of Pulumi's lock look dead`, () => {
    for (const program of ["pulumi", "/usr/local/bin/pulumi", "/nix/store/x/bin/.pulumi-wrapped", ""]) {
      assert.equal(stateOfHolder(lock, processNamed(program, step - 2), "vps"), "alive", program)
    }
  })
}

test("a holder whose process is gone is dead, and so is one whose number went on to a younger program that is no Pulumi", () => {
  assert.equal(stateOfHolder(lock, [], "vps"), "dead")
  assert.equal(stateOfHolder(lock, processNamed("/usr/sbin/nginx", 60), "vps"), "dead")
  assert.equal(stateOfHolder(lock, processNamed("/pulumi/nginx", 60), "vps"), "dead")
})

test("of another machine, or where no processes can be seen, nothing is known of a holder", () => {
  assert.equal(stateOfHolder(lock, [], "laptop"), "unknown")
  assert.equal(stateOfHolder(lock, undefined, "vps"), "unknown")
})
