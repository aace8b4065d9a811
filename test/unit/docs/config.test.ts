import assert from "node:assert/strict"
import { test } from "node:test"
import { parse } from "yaml"
import { z } from "zod"
import { clientSchema } from "../../../components/config/clients.ts"
import { knownKeys } from "../../../components/config/mistakes.ts"
import { sections } from "../../../components/config/schema.ts"
import { acknowledgeable } from "../../../components/migration/acknowledgements.ts"
import { takeOverKeys } from "../../../components/synapse/conflicting-keys.ts"
import { readPage, sectionsOf } from "./docs.ts"
import { camelWords, dottedKeys, dottedWords, keysSet, readTexts, textsIn, withoutCommentMarks } from "./named-keys.ts"

const schema = sections({ lab: false, serverName: undefined, note: () => {} }).extend({
  clients: z.array(clientSchema(false, () => {})),
  clientSecrets: z.unknown(),
})
const pages = { config: sectionsOf(await readPage("docs/config.md")), preparing: await readPage("docs/preparing.md") }

test("docs/config.md has a section for every key of the config, and none for another", () => {
  assert.deepEqual(pages.config.map(({ title }) => title).sort(), Object.keys(schema.shape).sort())
})

test("docs/config.md has a line for every key within a section, and none for another", () => {
  for (const { title, text } of pages.config) {
    const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, key = ""]) => key)
    assert.deepEqual(rows.sort(), [...keysOf(title)].sort(), title)
  }
})

test("docs/preparing.md explains every setting that may be taken over and every warning that may be acknowledged", () => {
  for (const name of [...takeOverKeys, ...acknowledgeable]) {
    assert.match(pages.preparing, new RegExp(`^\\| \`${name}\``, "m"), `${name} is not explained`)
  }
})

/** Words that are written like ours and are of something else: fields of our reports, properties of JavaScript. */
const otherWords: readonly string[] = ["exitCode", "isNotice", "keyPath", "notRead", "toString"]

/** Of Synapse's own Python: a module, and a logger. */
const modules: readonly string[] = ["synapse.config", "synapse.storage.SQL"]

test("every key of the config that a message, a page, a hint or an example's comment names is one that the config has", async () => {
  const texts = await readTexts()
  const names = Object.keys(schema.shape)
  const named = texts.flatMap(({ where, text }) =>
    [...dottedKeys(text, names), ...keysSet(text)].map((path) => ({ where, path })),
  )
  const sources = new Set(named.filter(({ where }) => where.startsWith("components/")).map(({ where }) => where))
  assert.ok(named.length > 100 && sources.size > 20, `${named.length} names, in ${sources.size} sources`)
  assert.deepEqual(
    named.filter(({ path }) => !exists(path) && !modules.includes(path.join("."))),
    [],
  )
})

/** First parts of names in the documents of Synapse, MAS and Element, of Matrix's own names, and of files. */
const otherRoots: readonly string[] = [
  ...["account", "branding", "captcha", "database", "experimental", "features", "http", "matrix", "passwords"],
  ...["conf", "db", "m", "org"],
]

test("a name with a dot in backticks begins with a section of the config, or is known to be of something else", async () => {
  const sections = new Set([...Object.keys(schema.shape), ...otherRoots])
  const named = (await readTexts()).flatMap(({ where, text }) => dottedWords(text).map((word) => ({ where, word })))
  assert.ok(named.length > 30, `${named.length}`)
  assert.deepEqual(
    named.filter(({ word }) => !sections.has(word.split(/[.[]/)[0] ?? "")),
    [],
  )
})

test("a word in backticks that is written like a key of the config is one of its keys", async () => {
  const words = (await readTexts()).flatMap(({ where, text }) => camelWords(text).map((word) => ({ where, word })))
  assert.ok(words.length > 30, "the words were found")
  const keys = new Set(everyKey())
  assert.deepEqual(
    words.filter(({ word }) => !keys.has(word) && !otherWords.includes(word)),
    [],
  )
})

test("what the examples have commented out are keys of the config", async () => {
  for (const name of ["Pulumi.prod.yaml", "Pulumi.staging.yaml"]) {
    const text = await readPage(name)
    const whole = withoutCommentMarks(text)
    assert.notEqual(whole, text, `${name} has nothing commented out`)
    const { config } = parse(whole, { uniqueKeys: false }) as { config: Record<string, unknown> }
    const paths = Object.entries(config).flatMap(([key, value]) => pathsIn(value, [key.replace(/^matrix-auth:/, "")]))
    assert.deepEqual(
      paths.filter((path) => !exists(path)),
      [],
      name,
    )
  }
})

test("Pulumi.yaml tells of every key in a section that it lists, and of none besides", async () => {
  const { config } = parse(await readPage("Pulumi.yaml")) as { config: Record<string, { description: string }> }
  assert.deepEqual(Object.keys(config).sort(), Object.keys(schema.shape).sort())
  const keys = new Set(everyKey())
  for (const [section, { description }] of Object.entries(config)) {
    const words: readonly string[] = description.match(/[a-z]+[A-Z][A-Za-z]*/g) ?? []
    assert.deepEqual(
      words.filter((word) => !keys.has(word)),
      [],
      section,
    )
    if (!description.includes("optional")) continue
    const listed: readonly string[] = description.match(/\w+/g) ?? []
    assert.deepEqual(
      keysOf(section).filter((key) => !listed.includes(key)),
      [],
      section,
    )
  }
})

test("keys are found in texts of every form, and a wrong one is seen", () => {
  const names = ["mas", "clients", "backup"]
  assert.deepEqual(dottedKeys("Set `mas.container`, clients[2].redirectUris[0] (backup.copy).", names), [
    ["mas", "container"],
    ["clients", 2, "redirectUris", 0],
    ["backup", "copy"],
  ])
  assert.deepEqual(
    dottedKeys("https://mas.example.org, x@mas.example, docs/mas.md, mas.json and the.mas.config", names),
    [],
  )
  assert.deepEqual(keysSet("`pulumi config set --secret --path clientSecrets.NAME`, pulumi config set lab true"), [
    ["clientSecrets", "NAME"],
    ["lab"],
  ])
  assert.deepEqual(
    textsIn("a.ts", 'import x from "mas.no"\nconst y = `set $' + '{x} or mas.container` + "backup.copy"; mas.config'),
    ["set ", " or mas.container", "backup.copy"],
  )
  assert.ok(exists(["clients", 0, "redirectUris"]) && exists(["databases", "mas", "container"]))
  for (const path of [
    ["mas", "containers"],
    ["backups", "copy"],
    ["clients", 0, "redirectUri"],
    ["lab", "on"],
  ])
    assert.ok(!exists(path), path.join("."))
})

/** Whether the config can have something there; the names of secrets are the operator's own. */
function exists(path: readonly (string | number)[]): boolean {
  if (path[0] === "clientSecrets") return path.length <= 2
  const last = path.at(-1)
  if (typeof last === "number") return exists(path.slice(0, -1))
  return knownKeys(schema, path.slice(0, -1)).includes(String(last))
}

/** All keys, at whatever depth. */
function everyKey(path: readonly (string | number)[] = []): readonly string[] {
  const own = knownKeys(schema, path)
  const below = own.flatMap((key) => everyKey([...path, key]))
  return [...own, ...below, ...(path.length === 1 && path[0] === "clients" ? everyKey([...path, 0]) : [])]
}

function pathsIn(value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path]
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return [path, ...keys.flatMap((key) => pathsIn((value as Record<string | number, unknown>)[key], [...path, key]))]
}

function keysOf(section: string): readonly string[] {
  if (section === "clients") return knownKeys(schema, [section, 0])
  return knownKeys(schema, section === "databases" ? [section, "mas"] : [section])
}
