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

test("tables that come and go, are locked or emptied while a dump is made do not fail its proof", async (t) => {
  const { source, folder, query: asSuperuser } = await world(t)
  const query = (sql: string) => asSuperuser(`SET ROLE ${source.user}; ${sql}`)
  for (let n = 0; n < 20; n += 1) await query(`CREATE TABLE background_${n} AS SELECT generate_series(1, 10)`)
  let calls = 0
  const busy: Host = {
    ...host,
    exec: async (argv, options) => {
      if (!argv.includes("pg_dump")) return host.exec(argv, options)
      calls += 1
      await query(`CREATE TABLE later_${calls} AS SELECT 1`)
      await query("CREATE TEMPORARY TABLE of_another_session AS SELECT 1")
      const finished = await host.exec(argv, options)
      await query(
        "DROP TABLE background_0; TRUNCATE background_1; ALTER TABLE background_2 ALTER generate_series TYPE bigint",
      )
      await query("DROP TABLE background_3; CREATE TABLE background_3 AS SELECT 1; INSERT INTO background_4 SELECT 1")
      await query("ALTER TABLE background_5 RENAME TO background_6_as_well; DELETE FROM background_7")
      return finished
    },
  }
  const { file, rows, gone } = await dumpAndCount(busy, source, join(folder, "busy.dump"))
  assert.equal(calls, 1)
  assert.deepEqual(
    gone,
    [0, 1, 2, 3, 5].map((n) => `public.background_${n}`),
  )
  assert.deepEqual(
    [rows["public.background_4"], rows["public.background_7"], rows["public.later_1"]],
    [10, 10, undefined],
  )
  await proveDump(host, file.path, { source, folder, expected: rows, gone })
  const more = { source, folder, expected: rows, gone: [...gone, "public.never_there"] }
  await refusal(proveDump(host, file.path, more), "backup/not-proven")
})

test("somebody who keeps a table locked after the dump does not keep its proof waiting", async (t) => {
  const { source, folder, query } = await world(t)
  let lock: Promise<unknown> = Promise.resolve()
  const busy: Host = {
    ...host,
    exec: async (argv, options) => {
      const finished = await host.exec(argv, options)
      if (!argv.includes("pg_dump")) return finished
      lock = query("BEGIN; LOCK TABLE users; SELECT pg_sleep(8); COMMIT")
      await query("SELECT pg_sleep(0.5)")
      return finished
    },
  }
  const { file, rows, gone } = await dumpAndCount(busy, source, join(folder, "busy.dump"))
  assert.deepEqual(gone, ["public.users"])
  await proveDump(host, file.path, { source, folder, expected: rows, gone })
  await lock
})

test("a table that goes between the moment and the hold on it costs another moment, and no backup", async (t) => {
  const { source, folder, query: asSuperuser } = await world(t)
  const query = (sql: string) => asSuperuser(`SET ROLE ${source.user}; ${sql}`)
  for (const name of ["one", "other"]) await query(`CREATE TABLE gone_${name} AS SELECT generate_series(1, 10)`)
  const drops = ["one", "other"]
  // Locked by somebody who then drops it: whoever waits for it finds it gone.
  const dropping = drops.map(async (name, nth) => {
    await query(`BEGIN; LOCK TABLE gone_${name}; SELECT pg_sleep(${1.5 * (nth + 1)}); DROP TABLE gone_${name}; COMMIT`)
  })
  await query("SELECT pg_sleep(0.5)")
  const { file, rows } = await dumpAndCount(host, source, join(folder, "some.dump"))
  await Promise.all(dropping)
  assert.deepEqual(
    Object.keys(rows).filter((name) => name.includes("gone")),
    [],
  )
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
