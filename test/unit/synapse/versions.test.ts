import assert from "node:assert/strict"
import { test } from "node:test"
import { Refusal } from "../../../components/report/refusal.ts"
import { has, isAtLeast, parseSynapseVersion, requireDelegation } from "../../../components/synapse/versions.ts"

const versions: readonly (readonly [string, string])[] = [
  ["1.163.2", "1.163.2"],
  ["v1.163.2", "1.163.2"],
  ["1.142.0rc1", "1.142.0rc1"],
  ["1.136.0+ess", "1.136.0"],
  ["1.163.2.post1", "1.163.2"],
  ["Synapse/1.163.2", "1.163.2"],
  ["1.163.2 (b=matrix-org-hotfixes,d3adb33f)", "1.163.2"],
  ["1.57.0 (b=matrix-org-hotfixes,dirty)\n", "1.57.0"],
]

for (const [text, release] of versions) {
  test(`${JSON.stringify(text)} is Synapse ${release}`, () => {
    const { major, minor, patch, candidate } = parseSynapseVersion(text)
    const found = `${major}.${minor}.${patch}${candidate === undefined ? "" : `rc${candidate}`}`
    assert.equal(found, release)
  })
}

for (const text of ["", "latest", "1.163", "10.0.0.1", "matrix-org-hotfixes"]) {
  test(`${JSON.stringify(text)} is no version, and nothing is guessed`, () => {
    assert.throws(
      () => parseSynapseVersion(text),
      (error) => error instanceof Refusal && error.code === "synapse/version-unknown",
    )
  })
}

test("versions are compared by number, not by text", () => {
  assert.equal(isAtLeast(parseSynapseVersion("1.99.0"), "1.136.0"), false)
  assert.equal(isAtLeast(parseSynapseVersion("1.136.0"), "1.136.0"), true)
  assert.equal(isAtLeast(parseSynapseVersion("1.135.9"), "1.136.0"), false)
  assert.equal(isAtLeast(parseSynapseVersion("1.142.0"), "1.142.1"), false)
  assert.equal(isAtLeast(parseSynapseVersion("2.0.0"), "1.136.0"), true)
})

const plain = { endpoint: "http://mas:8080/", secretInFile: false }

function refusalOf(version: string, needs = plain): Refusal | undefined {
  try {
    requireDelegation(parseSynapseVersion(version), needs)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

for (const version of ["1.125.0", "1.135.2", "1.99.0"]) {
  test(`Synapse ${version} would ignore the block without a word, so it is refused with the version to go to`, () => {
    const refusal = refusalOf(version)
    assert.equal(refusal?.code, "synapse/too-old")
    assert.match(refusal?.next ?? "", /1\.163\.2.*1\.136\.0/)
  })
}

for (const version of ["1.136.0", "1.142.0", "1.142.0rc1", "1.157.1", "1.163.2", "2.0.0"]) {
  test(`Synapse ${version} can be delegated`, () => assert.equal(refusalOf(version), undefined))
}

const faults = [
  { version: "1.142.0rc1", needs: { ...plain, secretInFile: true }, next: "1.142.0" },
  { version: "1.142.0rc3", needs: { ...plain, secretInFile: true }, next: "1.142.0" },
  { version: "1.142.0", needs: { ...plain, endpoint: "http://mas:8080/auth/" }, next: "1.142.1" },
  { version: "1.142.0rc4", needs: { ...plain, endpoint: "http://mas:8080/auth/" }, next: "1.142.1" },
]

for (const { version, needs, next } of faults) {
  test(`the fault of Synapse ${version} is met with ${next}: ${JSON.stringify(needs)}`, () => {
    const refusal = refusalOf(version, needs)
    assert.equal(refusal?.code, "synapse/faulty-release")
    assert.ok(refusal?.next.includes(next))
  })
}

for (const version of ["1.136.0", "1.141.0", "1.142.1", "1.163.2"]) {
  test(`Synapse ${version} takes a secret in a file and an endpoint with a path`, () => {
    assert.equal(refusalOf(version, { endpoint: "http://mas:8080/auth/", secretInFile: true }), undefined)
  })
}

test("Synapse 1.142.0rc4 takes a secret in a file again", () => {
  assert.equal(refusalOf("1.142.0rc4", { ...plain, secretInFile: true }), undefined)
})

test("force_http2 is read from 1.151 on", () => {
  assert.equal(has(parseSynapseVersion("1.150.0"), "forceHttp2"), false)
  assert.equal(has(parseSynapseVersion("1.151.0"), "forceHttp2"), true)
})
