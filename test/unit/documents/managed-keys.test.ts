import assert from "node:assert/strict"
import { test } from "node:test"
import type { Dialect } from "../../../components/documents/dialects.ts"
import { type Absent, absent, type JsonValue } from "../../../components/documents/json-value.ts"
import { apply, type ManagedKey, observe, plan, restore } from "../../../components/documents/managed-keys.ts"
import { UnusableDocument } from "../../../components/documents/problems.ts"
import { source } from "./source.ts"

type Keys = Readonly<Record<string, JsonValue | Absent>>

interface Case {
  readonly promise: string
  readonly dialect: Dialect
  readonly before: string
  readonly keys: Keys
  readonly after: string
}

const homeserver = source`
  # Configuration file for Synapse.
  server_name: "example.org"
  pid_file: /data/homeserver.pid
  listeners:
    - port: 8008
      tls: false   # the proxy does that
      resources:
        - names: [client, federation]

  ## Registration ##
  enable_registration: yes  # for friends
  password_config:
    # only for now
    enabled: true
    pepper: "hot"   # do not lose
  oidc_providers:
    - idp_id: github
      client_secret: |
        s3cret
      # more to come
  experimental_features:
    # msc3266_enabled: true
    msc4222_enabled: true
  file_mode: 0600

  # vim:ft=yaml
`

const cases: readonly Case[] = [
  {
    promise: "the first customer's homeserver.yaml differs by the managed keys only",
    dialect: "yaml11",
    before: homeserver,
    keys: {
      enable_registration: false,
      "password_config.enabled": absent,
      oidc_providers: absent,
      "experimental_features.msc4108_delegation_endpoint": "https://rendezvous.example.org/",
      "matrix_authentication_service.enabled": true,
      "matrix_authentication_service.endpoint": "http://mas:8080/",
      "matrix_authentication_service.secret": "0600",
    },
    after: source`
      # Configuration file for Synapse.
      server_name: "example.org"
      pid_file: /data/homeserver.pid
      listeners:
        - port: 8008
          tls: false   # the proxy does that
          resources:
            - names: [client, federation]

      ## Registration ##
      enable_registration: false  # for friends
      password_config:
        # only for now
        pepper: "hot"   # do not lose
          # more to come
      experimental_features:
        # msc3266_enabled: true
        msc4222_enabled: true
        msc4108_delegation_endpoint: https://rendezvous.example.org/
      file_mode: 0600
      matrix_authentication_service:
        enabled: true
        endpoint: http://mas:8080/
        secret: "0600"

      # vim:ft=yaml
    `,
  },
  {
    promise: "the well-known keeps its tabs and its missing last line break",
    dialect: "json",
    before: '{\n\t"m.homeserver": {\n\t\t"base_url": "https:\\/\\/m.example\\/"\n\t}\n}',
    keys: {
      '["org.matrix.msc2965.authentication"]': {
        issuer: "https://auth.example.org/",
        account: "https://auth.example.org/account/",
      },
    },
    after:
      '{\n\t"m.homeserver": {\n\t\t"base_url": "https:\\/\\/m.example\\/"\n\t},\n\t"org.matrix.msc2965.authentication": {\n\t\t"issuer": "https://auth.example.org/",\n\t\t"account": "https://auth.example.org/account/"\n\t}\n}',
  },
  {
    promise: "a minified config.json of Element stays minified",
    dialect: "json",
    before: '{"default_server_config":{"m.homeserver":{"base_url":"x"}},"features":{}}',
    keys: {
      "features.feature_oidc_native_flow": true,
      'oidc_static_clients["https://auth.example.org/"].client_id': "01H8PKNWKKRPCBW4YGH1RWV279",
    },
    after:
      '{"default_server_config":{"m.homeserver":{"base_url":"x"}},"features":{"feature_oidc_native_flow":true},"oidc_static_clients":{"https://auth.example.org/":{"client_id":"01H8PKNWKKRPCBW4YGH1RWV279"}}}',
  },
  {
    promise: "JSON on one line with spaces gets spaces",
    dialect: "json",
    before: '{"a": 1, "b": [1, 2]}\n',
    keys: { b: [3, { c: 4 }], d: true },
    after: '{"a": 1, "b": [3, {"c": 4}], "d": true}\n',
  },
  {
    promise: "the last key taken out of a map that was there leaves an empty map",
    dialect: "yaml11",
    before: "experimental_features: # flags\n  msc3266_enabled: true # mine\nother: 1\n",
    keys: { "experimental_features.msc3266_enabled": absent },
    after: "experimental_features: {} # flags # mine\nother: 1\n",
  },
  {
    promise: "a key with no value is filled above the comments below it",
    dialect: "yaml11",
    before: "experimental_features:\n  # msc3266_enabled: true\nother: 1\n",
    keys: { "experimental_features.a": 1 },
    after: "experimental_features:\n  a: 1\n  # msc3266_enabled: true\nother: 1\n",
  },
  {
    promise: "a single value becomes a map, and its comment stays on its line",
    dialect: "yaml12",
    before: "matrix: none   # to do\nother: 1\n",
    keys: { matrix: { kind: "synapse", secret: "yes" } },
    after: 'matrix:   # to do\n  kind: synapse\n  secret: "yes"\nother: 1\n',
  },
  {
    promise: "a map becomes a single value, and the comments between stay",
    dialect: "yaml12",
    before: "matrix: # ours\n  # soon\n  kind: synapse # kind\nother: 1\n",
    keys: { matrix: null },
    after: "matrix: null # ours\n  # soon # kind\nother: 1\n",
  },
  {
    promise: "CRLF line ends are kept and used for new lines",
    dialect: "yaml11",
    before: "a: 1\r\nb:\r\n  c: 2 # two\r\n",
    keys: { "b.d.e": "x", "b.c": 3 },
    after: "a: 1\r\nb:\r\n  c: 3 # two\r\n  d:\r\n    e: x\r\n",
  },
  {
    promise: "a missing last line break stays missing",
    dialect: "yaml11",
    before: "a: 1 # one",
    keys: { b: 2 },
    after: "a: 1 # one\nb: 2",
  },
  {
    promise: "a new key comes before the end of the document",
    dialect: "yaml11",
    before: "---\na: 1\n...\n",
    keys: { b: 2 },
    after: "---\na: 1\nb: 2\n...\n",
  },
  {
    promise: "an empty document gets its first key behind its comments",
    dialect: "yaml12",
    before: "# nothing yet",
    keys: { "a.b": 1 },
    after: "# nothing yet\na:\n  b: 1",
  },
  {
    promise: "quotes are those of the old value",
    dialect: "yaml12",
    before: "a: 'one'\nb: \"two\"\n",
    keys: { a: "it's", b: 'say "no"' },
    after: "a: 'it''s'\nb: \"say \\\"no\\\"\"\n",
  },
  {
    promise: "a map in braces stays in braces",
    dialect: "yaml11",
    before: "password_config: { enabled: true, pepper: x } # flow\n",
    keys: { "password_config.enabled": false, "password_config.localdb_enabled": "no" },
    after: 'password_config: { enabled: false, pepper: x, localdb_enabled: "no" } # flow\n',
  },
  {
    promise: "a client is added to a list whose dashes stand under the key",
    dialect: "yaml12",
    before: "clients:\n- client_id: 01A\n  client_auth_method: none\n\nmatrix:\n  secret: x\n",
    keys: { "clients[client_id=01B]": { client_id: "01B", redirect_uris: ["http://127.0.0.1/"] } },
    after:
      "clients:\n- client_id: 01A\n  client_auth_method: none\n- client_id: 01B\n  redirect_uris:\n  - http://127.0.0.1/\n\nmatrix:\n  secret: x\n",
  },
  {
    promise: "a client's map is changed key by key, and its comments stay",
    dialect: "yaml12",
    before:
      "clients:\n  - client_id: 01A # element\n    # where it lives\n    redirect_uris: [old]\n    client_name: E\n",
    keys: { "clients[client_id=01A]": { client_id: "01A", redirect_uris: ["new"], client_auth_method: "none" } },
    after:
      "clients:\n  - client_id: 01A # element\n    # where it lives\n    redirect_uris: [new]\n    client_auth_method: none\n",
  },
  {
    promise: "a key behind a block scalar that keeps blank lines does not take them away",
    dialect: "yaml11",
    before: "banner: |+\n  hello\n\n",
    keys: { b: 1 },
    after: "banner: |+\n  hello\n\nb: 1\n",
  },
  {
    promise: "an indented comment does not become part of a block scalar when the key between them goes",
    dialect: "yaml11",
    before: "banner: |\n  hello\nb: 1\n    # about b\nc: 2\n",
    keys: { b: absent },
    after: "banner: |\n  hello\n#\n    # about b\nc: 2\n",
  },
  {
    promise: "the first key behind a dash can go",
    dialect: "yaml11",
    before: "clients:\n  - name: x\n    client_id: 01A\n",
    keys: { "clients[client_id=01A].name": absent },
    after: "clients:\n  - client_id: 01A\n",
  },
  {
    promise: "a value that says the same in other words is left as it is",
    dialect: "yaml11",
    before: "a: yes\nb: 0x10\nc: 'x'\nd: {}\ne: 1:30\n",
    keys: { a: true, b: 16, c: "x", d: {}, e: 90 },
    after: "a: yes\nb: 0x10\nc: 'x'\nd: {}\ne: 1:30\n",
  },
  {
    promise: "several changes within one map are all known",
    dialect: "json",
    before: '{"p": {"x": "", "b": "q", "c": 5}}',
    keys: { p: { d: "no", c: "no" } },
    after: '{"p": {"c": "no", "d": "no"}}',
  },
  {
    promise: "a comment within empty braces stays when they are filled",
    dialect: "yaml11",
    before: "a: {\n  # nothing yet\n}\n",
    keys: { "a.b": 1 },
    after: "a: {b: 1\n  # nothing yet\n}\n",
  },
  {
    promise: "an alias in the place of a managed value is replaced, and its anchor stays",
    dialect: "yaml11",
    before: "a: &x\n  b: 1\nc: *x\n",
    keys: { c: 5 },
    after: "a: &x\n  b: 1\nc: 5\n",
  },
]

for (const { promise, dialect, before, keys, after } of cases) {
  test(`${promise}, there and back`, () => {
    const { edits, kept } = plan(before, dialect, managed(keys))
    assert.equal(apply(before, edits), after)
    assert.deepEqual(observe(after, dialect, Object.keys(keys)), { ...keys })
    assert.deepEqual(plan(after, dialect, managed(keys), kept).edits, [])
    assert.equal(restore(after, dialect, JSON.parse(JSON.stringify(kept))), before)
  })
}

test("giving back leaves a key that somebody changed after us, and says so", () => {
  const { edits, kept } = plan("a: 1\nb: 1\n", "yaml11", managed({ a: 2, b: 2 }))
  const byHand = apply("a: 1\nb: 1\n", edits).replace("b: 2", "b: 3 # mine now")
  const back = plan(byHand, "yaml11", [], kept)
  assert.equal(apply(byHand, back.edits), "a: 1\nb: 3 # mine now\n")
  assert.deepEqual(back.left, ["b"])
  assert.deepEqual(back.kept, { keys: {}, steps: [] })
})

test("comments that others wrote into a block of ours survive when the block goes", () => {
  const { edits, kept } = plan("a: 1\n", "yaml11", managed({ "mas.enabled": true, "mas.secret": "x" }))
  const byHand = apply("a: 1\n", edits).replace("  secret", "  # ask Bob\n  secret").replace("true", "true # since May")
  assert.equal(restore(byHand, "yaml11", kept), "a: 1\n# since May\n# ask Bob\n")
})

test("keys that others put into a map of ours survive, and the map with them", () => {
  const { edits, kept } = plan("a: 1\n", "yaml11", managed({ "mas.enabled": true }))
  const byHand = `${apply("a: 1\n", edits)}  theirs: 1\n`
  assert.equal(restore(byHand, "yaml11", kept), "a: 1\nmas:\n  theirs: 1\n")
})

test("what was kept before a write that never happened does no harm", () => {
  const before = "a: 1\nb: 2\n"
  const { kept } = plan(before, "yaml11", managed({ a: 5, b: absent, c: 3 }))
  assert.equal(restore(before, "yaml11", kept), before)
  const again = plan(before, "yaml11", managed({ a: 5, b: absent, c: 3 }), kept)
  const after = apply(before, again.edits)
  assert.equal(after, "a: 5\nc: 3\n")
  assert.equal(restore(after, "yaml11", again.kept), before)
})

test("what stood there before us stays known when the wanted value changes", () => {
  const before = "a: first # comment\n"
  const one = plan(before, "yaml11", managed({ a: "second" }))
  const two = plan(apply(before, one.edits), "yaml11", managed({ a: "third" }), one.kept)
  assert.equal(two.kept.keys.a?.previous, "first")
  assert.equal(restore("a: third # comment\n", "yaml11", two.kept), before)
})

test("a repaired key is changed where it is", () => {
  const { edits, kept } = plan("a: 1\n", "yaml11", managed({ "mas.enabled": true, "mas.x": 1 }))
  const drifted = `${apply("a: 1\n", edits).replace("true", "false")}z: 1\n`
  const repair = plan(drifted, "yaml11", managed({ "mas.enabled": true, "mas.x": 1 }), kept)
  assert.equal(repair.edits.length, 1)
  assert.equal(apply(drifted, repair.edits), "a: 1\nmas:\n  enabled: true\n  x: 1\nz: 1\n")
  assert.equal(restore("a: 1\nmas:\n  enabled: true\n  x: 1\nz: 1\n", "yaml11", repair.kept), "a: 1\nz: 1\n")
})

test("a value that JSON cannot say is given back as it was written", () => {
  const before = "expires: 2024-01-01 # a date\nlimit: .inf\n"
  const { edits, kept } = plan(before, "yaml11", managed({ expires: "never", limit: absent }))
  const after = apply(before, edits)
  assert.equal(after, "expires: never # a date\n")
  assert.equal(restore(after, "yaml11", kept), before)
  assert.equal(restore(after.replace("# a", "# the"), "yaml11", kept), before.replace("# a", "# the"))
})

test("where somebody took away the map a key stood in, the key stays away", () => {
  const before = "a: 1\npassword_config:\n  enabled: true\n  pepper: x\n"
  const { edits, kept } = plan(before, "yaml11", managed({ "password_config.enabled": absent, a: 2 }))
  assert.equal(apply(before, edits), "a: 2\npassword_config:\n  pepper: x\n")
  const back = plan("a: 2\n", "yaml11", [], kept)
  assert.equal(apply("a: 2\n", back.edits), "a: 1\n")
  assert.deepEqual(back.left, ["password_config.enabled"])
})

test("keys named like what every object of JavaScript has are keys like any other", () => {
  const before = '{"__proto__": 0, "constructor": 1}'
  const { edits, kept } = plan(before, "json", [
    ...managed({ constructor: null, toString: "x" }),
    { path: "__proto__", value: 5 },
  ])
  const after = apply(before, edits)
  assert.equal(after, '{"__proto__": 5, "constructor": null, "toString": "x"}')
  assert.equal(restore(after, "json", JSON.parse(JSON.stringify(kept))), before)
})

test("an edit that would change another place through an anchor is refused, with its line", () => {
  const text = "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n"
  const lines = ["a.b", "c.b", "d.b"].map((path) => refused(text, path))
  assert.deepEqual(lines, [1, 3, 5])
})

test("two keys of which one lies within the other are a mistake of ours", () => {
  assert.throws(() => plan("a: 1\n", "yaml11", managed({ a: 1, "a.b": 2 })), TypeError)
})

function managed(keys: Keys): ManagedKey[] {
  return Object.entries(keys).map(([path, value]) => ({ path, value }))
}

function refused(text: string, path: string): number | undefined {
  try {
    plan(text, "yaml11", [{ path, value: 5 }])
    return undefined
  } catch (error) {
    assert.ok(error instanceof UnusableDocument)
    return error.problems[0]?.line
  }
}
