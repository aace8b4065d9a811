import assert from "node:assert/strict"
import { test } from "node:test"
import { readSyn2MasReport, unacknowledged, warningNames } from "../../../components/migration/syn2mas-report.ts"
import { type RecordedCall, recording } from "../../contract/cli/recorded.ts"

const checks = recording.calls.filter(({ args }) => args.includes("syn2mas") && args.at(-1) === "check")

/** What the real one said, by the name of the recorded call. */
function recorded(name: string): RecordedCall {
  return checks.find((call) => call.name === name) ?? assert.fail(`no recorded call ${name}`)
}

const warnings = {
  "syn2mas check: registration enabled (a warning)": ["registration-enabled"],
  "syn2mas check: user consent (warnings)": ["user-consent-enabled", "terms-of-service-missing"],
  "syn2mas check: CAS (a warning)": ["external-log-in"],
  "syn2mas check: the same, ignored": ["provider-missing"],
  "syn2mas check: a guest in the database": ["guests"],
  "syn2mas check: a phone number": ["phone-numbers"],
} as const

test("every recorded warning is known by its name, with the count that is in it", () => {
  for (const [call, names] of Object.entries(warnings)) {
    const { warnings: found, errors } = readSyn2MasReport(recorded(call).stderr ?? "")
    assert.deepEqual(
      found.map(({ name, count }) => [name, count]),
      names.map((name) => [name, 1]),
      call,
    )
    assert.deepEqual(errors, [], call)
  }
})

test("a call that ended with warnings is one of these, and no warning is unknown", () => {
  const warned = checks.filter(({ exitCode }) => exitCode === 11).map(({ name }) => name)
  assert.deepEqual(warned.toSorted(), Object.keys(warnings).toSorted())
  for (const { stderr = "" } of checks) {
    assert.ok(!readSyn2MasReport(stderr).warnings.some(({ name }) => name === "unknown-warning"), stderr)
  }
})

test("every recorded error is read word by word", () => {
  const failed = checks.filter(({ exitCode }) => exitCode === 10)
  assert.ok(failed.length >= 10)
  for (const { name, stderr = "" } of failed) {
    const { errors, warnings: found } = readSyn2MasReport(stderr)
    assert.equal(errors.length, 1, name)
    assert.ok(stderr.includes(`• ${errors[0]}\n`), name)
    assert.deepEqual(found, [], name)
  }
})

test("errors and warnings of one report are told apart", () => {
  const errors = recorded("syn2mas check: 3pid changes").stderr ?? ""
  const report = readSyn2MasReport(errors + (recorded("syn2mas check: user consent (warnings)").stderr ?? ""))
  assert.deepEqual(report.errors, [
    "Synapse config has `enable_3pid_changes` explicitly enabled, which must be disabled or removed.",
  ])
  assert.equal(report.warnings.length, 2)
})

test("a report of nothing has nothing in it, whatever the log says", () => {
  for (const { exitCode, stdout = "", stderr = "" } of checks) {
    if (exitCode === 0) assert.deepEqual(readSyn2MasReport(stdout + stderr), { errors: [], warnings: [] })
  }
  assert.deepEqual(readSyn2MasReport("<time>  INFO syn2mas • not a report\n"), { errors: [], warnings: [] })
})

test("counts of any size are read", () => {
  const [, texts = ""] = (recorded("syn2mas check: a guest in the database").stderr ?? "").split("=====\n")
  const many = `===== Warnings =====\n${texts.replace("contains 1 guests", "contains 1234 guests")}`
  const [guests] = readSyn2MasReport(many).warnings
  assert.deepEqual([guests?.name, guests?.count], ["guests", 1234])
})

test("a warning that no version that we know of has said is kept, by a name of its own", () => {
  const text = "===== Warnings =====\n\n• The moon is full: 3 wolves.\n"
  assert.deepEqual(readSyn2MasReport(text).warnings, [
    { name: "unknown-warning", count: 1, text: "The moon is full: 3 wolves." },
  ])
})

test("an acknowledgement holds for its name and its count, and for no other count", () => {
  const found = [
    { name: "guests", count: 3, text: "" },
    { name: "phone-numbers", count: 1, text: "" },
  ] as const
  const open = (acknowledged: Record<string, number>) => unacknowledged(found, acknowledged).map(({ name }) => name)
  assert.deepEqual(open({}), ["guests", "phone-numbers"])
  assert.deepEqual(open({ guests: 3 }), ["phone-numbers"])
  assert.deepEqual(open({ guests: 3, "phone-numbers": 1, "captcha-missing": 1 }), [])
  assert.deepEqual(open({ guests: 4, "phone-numbers": 1 }), ["guests"])
  assert.deepEqual(open({ guests: 2, "phone-numbers": 1 }), ["guests"])
})

test("the names that config may acknowledge are the ones that people have written into theirs", () => {
  assert.deepEqual(
    [...warningNames],
    [
      ...["registration-enabled", "user-consent-enabled", "terms-of-service-missing", "captcha-missing"],
      ...["external-log-in", "guests", "phone-numbers", "provider-missing", "unknown-warning"],
    ],
  )
})
