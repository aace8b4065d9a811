import assert from "node:assert/strict"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"

const components = join(import.meta.dirname, "../../../components")

/** They look into a complaint and pass nothing of it on, or pass it through `quoted` themselves. */
const readers =
  /\.(test|exec)\(|\b(saysDiskFull|readSyn2MasReport|masError|complaintOf|lastOf|locksInWords|dumpFailed|folderNotMade|bulletsUnder|linesOf|inOrder|shown)\(|split\(`=====/

/** Where the streams themselves come from, where our own words go to, and a program for Synapse's Python, whose streams are its own. */
const streams = /^(host\/(local-exec|host|local-lock)\.ts|commands\/|report\/printing\.ts|synapse\/start-probe\.ts)/

/** Lines in which another program's words become a value or a part of a text. */
async function passing(): Promise<{ file: string; line: string }[]> {
  const names = (await readdir(components, { recursive: true })).filter((name) => name.endsWith(".ts"))
  const found = await Promise.all(
    names.map(async (file) => {
      const text = await readFile(join(components, file), "utf8")
      return text.split("\n").flatMap((line) => {
        const code = line.replace(/^\s*(\*|\/\/|\/\*).*/, "")
        const isPassed = /\bstderr\b[^,:=}]*(\)|`|\.)|\$\{[^}]*\b(stderr|stdout)\b/.test(code)
        return isPassed ? [{ file, line: code.trim() }] : []
      })
    }),
  )
  return found.flat()
}

test("another program's words reach people by one place only", async () => {
  const lines = await passing()
  assert.ok(lines.length > 20, "there is nothing to look at")
  const open = lines.filter(({ file, line }) => !line.includes("quoted(") && !readers.test(line) && !streams.test(file))
  assert.deepEqual(open, [])
})
