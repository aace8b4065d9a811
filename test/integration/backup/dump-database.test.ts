import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { hash } from "node:crypto"
import { open, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, type TestContext, test } from "node:test"
import { promisify } from "node:util"
import { dumpAndCount, dumpDatabase } from "../../../components/backup/dump-database.ts"
import { proveDump, restoreInto } from "../../../components/backup/prove-dump.ts"
import { dropLeftoverScratch, withScratchDatabase } from "../../../components/backup/scratch-database.ts"
import type { Host } from "../../../components/host/host.ts"
import { refusal, temporaryFolder } from "../../unit/host/scenery.ts"
import { host, type SomeDatabase, someDatabase, stopCluster } from "./world.ts"

after(stopCluster)

test("a dump is one file for its owner only, with its size and digest, and restores to every table and row", async (t) => {
  const { source, folder, scratch } = await world(t)
  const { file, rows, serverVersion } = await dumpAndCount(host, source, join(folder, "some.dump"))
  assert.deepEqual(await readdir(folder), ["some.dump"])
  assert.equal((await stat(file.path)).mode & 0o777, 0o600)
  assert.equal(file.bytes, (await stat(file.path)).size)
  assert.equal(file.sha256, hash("sha256", await readFile(file.path)))
  assert.match(serverVersion, /^\d+\.\d+$/)
  assert.deepEqual(rows, { 'other.Odd name"s': 70, "public.nothing": 0, "public.parted_low": 10, "public.users": 500 })
  await proveDump(host, file.path, { source, folder, expected: rows })
  assert.deepEqual(await scratch(), [])
})

test("what is counted is the moment of the dump, however much is written meanwhile", async (t) => {
  const { source, folder, query } = await world(t)
  const busy = meddling(async () => {
    await query("INSERT INTO users SELECT 'late' || random()::text, '' FROM generate_series(1, 50)")
  })
  const { file, rows } = await dumpAndCount(busy, source, join(folder, "busy.dump"))
  const [{ count } = {}] = await query("SELECT count(*)::int FROM users")
  assert.ok(Number(count) > 500, "nothing was written meanwhile")
  assert.equal(rows["public.users"], 500)
  await proveDump(host, file.path, { source, folder, expected: rows })
})

test("a truncated dump does not count, nor one with another byte, nor one without a table, nor one with a row less", async (t) => {
  const { source, folder, query, scratch } = await world(t)
  const { file, rows } = await dumpAndCount(host, source, join(folder, "whole.dump"))
  const whole = await readFile(file.path)
  const cases: Readonly<Record<string, (path: string) => Promise<void>>> = {
    truncated: (path) => truncate(path, Math.round(whole.length * 0.6)),
    empty: (path) => truncate(path, 0),
    altered: async (path) => {
      const handle = await open(path, "r+")
      await handle.write(Buffer.alloc(64, 0x41), 0, 64, whole.length - 1500)
      await handle.close()
    },
  }
  for (const [name, damage] of Object.entries(cases)) {
    const path = join(folder, `${name}.dump`)
    await writeFile(path, whole)
    await damage(path)
    const error = await refusal(proveDump(host, path, { source, folder, expected: rows }), "backup/not-proven")
    assert.match(error.message, /does not count as a backup/, name)
  }
  await query("DROP TABLE nothing; DELETE FROM parted WHERE id = 3")
  const less = await dumpDatabase(host, source, join(folder, "less.dump"))
  const error = await refusal(proveDump(host, less.path, { source, folder, expected: rows }), "backup/not-proven")
  assert.match(
    error.what,
    /public\.nothing: 0 rows dumped, no such table restored; public\.parted_low: 10 rows dumped, 9 rows/,
  )
  assert.deepEqual(await scratch(), [], "a scratch database was left")
})

test("the scratch databases of a killed run are found and dropped, even with somebody in them; others' are left alone", async (t) => {
  const { source, folder, scratch } = await world(t)
  const owner = { source, folder }
  const other = { source, folder: `${folder}-of-another-server` }
  await withScratchDatabase(host, other, async (theirs) => {
    // As a kill leaves it: the work never ends, and so nobody drops it.
    const held = Promise.withResolvers<void>()
    const left = Promise.withResolvers<string>()
    const killed = withScratchDatabase(host, owner, async ({ database }) => {
      left.resolve(database)
      await held.promise
    })
    const name = await left.promise
    assert.deepEqual((await scratch()).sort(), [name, theirs.database].sort())
    assert.deepEqual(await dropLeftoverScratch(host, owner), [name])
    assert.deepEqual(await scratch(), [theirs.database])
    held.resolve()
    await killed
  })
  assert.deepEqual(await scratch(), [])
})

test("a role that may not make databases is told which right it lacks", async (t) => {
  const { source, folder } = await world(t, { mayCreate: false })
  const { file, rows } = await dumpAndCount(host, source, join(folder, "some.dump"))
  const error = await refusal(
    proveDump(host, file.path, { source, folder, expected: rows }),
    "backup/no-scratch-database",
  )
  assert.match(error.next, new RegExp(`ALTER ROLE "${source.user}" CREATEDB`))
})

test("a dump that pg_dump cannot make leaves nothing behind, and says why in its words", async (t) => {
  const { source, folder } = await world(t)
  const gone = { ...source, database: "nobody_made_this" }
  const error = await refusal(dumpDatabase(host, gone, join(folder, "gone.dump")), "backup/dump-failed")
  assert.match(error.what, /database "nobody_made_this" does not exist/)
  assert.deepEqual(await readdir(folder), [])
})

test("a password never stands in an argument or in an environment that is listed, and never in an error", async (t) => {
  const { source, folder, query } = await world(t)
  const password = String(source.password)
  const listed: string[] = []
  const seen: Host = {
    ...host,
    exec: async (argv, options) => {
      listed.push(argv.join(" "))
      const running = host.exec(argv, options)
      if (argv.includes("pg_dump")) listed.push((await promisify(execFile)("ps", ["axww", "-o", "args"])).stdout)
      return running
    },
  }
  const { file } = await dumpAndCount(seen, source, join(folder, "some.dump"))
  await withScratchDatabase(seen, { source, folder }, (scratch) => restoreInto(seen, file.path, scratch))
  assert.ok(listed.length >= 4)
  assert.ok(!listed.some((line) => line.includes(password)))
  await query(`ALTER ROLE ${source.user} PASSWORD 'another'`)
  const error = await refusal(dumpDatabase(host, source, join(folder, "no.dump")), "backup/dump-failed")
  assert.ok(!error.message.includes(password))
})

test("what pg_restore quotes from rows is not shown", async (t) => {
  const { source, folder } = await world(t)
  const { file } = await dumpAndCount(host, source, join(folder, "some.dump"))
  // Into the full database itself: tables are there already, and rows would be there twice.
  const error = await refusal(restoreInto(host, file.path, source), "backup/not-proven")
  assert.match(error.what, /already exists/)
  assert.doesNotMatch(error.message, /user1\b|Command was|DETAIL/)
})

async function world(
  t: TestContext,
  options?: { readonly mayCreate?: boolean },
): Promise<SomeDatabase & { readonly folder: string }> {
  return { ...(await someDatabase(t, options)), folder: await temporaryFolder(t) }
}

/** This machine, where somebody writes right before pg_dump begins. */
function meddling(meddle: () => Promise<void>): Host {
  return {
    ...host,
    exec: async (argv, options) => {
      if (argv.includes("pg_dump")) await meddle()
      return host.exec(argv, options)
    },
  }
}
