import assert from "node:assert/strict"
import { test } from "node:test"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { mend } from "../../../components/documents/mend.ts"
import { problems } from "../../../components/documents/problems.ts"
import { source } from "./source.ts"

const known = source`
  # Ours since 2019
  server_name: "example.org"
  password_config:
    enabled: false
    pepper: s4lt
  matrix_authentication_service:
    enabled: true
    endpoint: http://mas:8080/
  listeners:
    - port: 8008
      names: [client, federation]
`
const paths = [
  "matrix_authentication_service.enabled",
  "matrix_authentication_service.endpoint",
  "password_config.enabled",
]

interface Broken {
  readonly title: string
  readonly now: (text: string) => string
  /** What is left when only that is taken back which made it unusable. Default: all as it was. */
  readonly mended?: (text: string) => string
  readonly takenBack: readonly number[]
}

const foreign = (text: string) => text.replace("port: 8008", "port: 8009   # moved").replace("since 2019", "since 2018")
const appended = (text: string) => `${text}report_stats: no\nspare: [1, 2]\n`

const cases: readonly Broken[] = [
  {
    title: "a bracket that was opened and not closed",
    now: (text) => foreign(text).replace("enabled: true", "enabled: [true"),
    mended: foreign,
    takenBack: [7],
  },
  {
    title: "a key of ours that is given again, with what hangs below it",
    now: (text) => `${foreign(text)}password_config:\n  enabled: true\n  # by hand\nreport_stats: no\n`,
    mended: (text) => `${foreign(text)}report_stats: no\n`,
    takenBack: [12, 13, 14],
  },
  {
    title: "a quote that is missing",
    now: (text) => foreign(text).replace('"example.org"', '"example.org'),
    mended: foreign,
    takenBack: [2],
  },
  {
    title: "an indentation that fits nothing",
    now: (text) => foreign(text).replace("  pepper", " pepper"),
    mended: foreign,
    takenBack: [5],
  },
  {
    title: "one line among others that were added",
    now: (text) => `${appended(text)}nonsense: {\n`,
    mended: appended,
    takenBack: [14],
  },
  {
    title: "a tab in the indentation",
    now: (text) => foreign(text).replace("  enabled: true", "\tenabled: true"),
    mended: foreign,
    takenBack: [7],
  },
  {
    title: "two lines that are wrong each by itself",
    now: (text) => foreign(text).replace("false", "[false").replace("http://mas", '"http://mas'),
    mended: foreign,
    takenBack: [4, 8],
  },
  {
    title: "a managed key that stands twice",
    now: (text) => appended(text).replace("  endpoint", "  enabled: false\n  endpoint"),
    mended: appended,
    takenBack: [8],
  },
  {
    title: "a section of ours that stands twice",
    now: (text) => `${appended(text)}matrix_authentication_service:\n  enabled: false\n  endpoint: http://other/\n`,
    mended: appended,
    takenBack: [14, 15, 16],
  },
]

for (const { title, now, mended = (text: string) => text, takenBack } of cases) {
  test(`${title} is taken back, and nothing else that was changed`, () => {
    const broken = now(known)
    assert.notDeepEqual(problems(broken, "yaml11"), [])
    assert.deepEqual(mend(known, broken, "yaml11", paths), { text: mended(known), takenBack })
  })
}

test("in JSON, too: a comma too many goes, another key stays", () => {
  const json = '{\n  "issuer": "https://auth/",\n  "brand": "Ours"\n}\n'
  const broken = '{\n  "issuer": "https://auth/",\n  "theme": "dark",\n  "brand": "Ours",\n}\n'
  assert.deepEqual(mend(json, broken, "json", ["issuer"]), {
    text: '{\n  "issuer": "https://auth/",\n  "theme": "dark",\n  "brand": "Ours"\n}\n',
    takenBack: [4],
  })
})

test("a key of others that stands twice is left to them", () => {
  assert.equal(mend(known, `${known}server_name: other.org\n`, "yaml11", paths), undefined)
})

test("a line that cannot be read goes, also where it gives a key of others again", () => {
  const others = `${known}max_upload_size: 50M\n`
  for (const line of ["max_upload_size: [60M\n", "server_name: 'x\n", "listeners: {a\n", "server_name: a: b\n"]) {
    for (const managed of [paths, []]) {
      assert.deepEqual(mend(others, others + line, "yaml11", managed), { text: others, takenBack: [13] }, line)
    }
  }
})

test("beside a line that cannot be read, a key of others that stands twice is left to them", () => {
  assert.equal(mend(known, `${known}server_name: other.org\nspare: [1\n`, "yaml11", paths), undefined)
})

test("a whole document on one line is not taken back as one", () => {
  const line = `{"issuer": "https://auth/", "filling": "${"x".repeat(600)}"}`
  assert.equal(mend(line, line.replace("}", ',"theme":"dark",}'), "json", ["issuer"]), undefined)
})

test("a text that was of no use when it was last known is no help", () => {
  for (const [was, dialect] of [
    ["a: [", "yaml12"],
    ["{", "json"],
  ] as const satisfies [string, Dialect][]) {
    assert.equal(mend(was, `${was}\n`, dialect, ["a"]), undefined)
  }
})
