// Installs the npm packages when they are missing or not those of the lock file. Runs before everything else, on the
// machine's own Node (20 or newer): plain JavaScript, nothing imported but Node's own.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const checkout = join(dirname(fileURLToPath(import.meta.url)), "../..")
const packages = join(checkout, "node_modules")

try {
  if (!isCurrent()) await inTurn(install)
} catch (error) {
  say(error.message)
  process.exitCode = 1
}

function install() {
  if (isCurrent()) return
  const start = Date.now()
  say("installing the npm packages (npm ci) …")
  // Errors only: some packages ask for a newer Node than the machine's own, and will run on the one installed here.
  run("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], checkout)
  // Where npm keeps packages from running their install scripts.
  if (!bringsNode()) fetchNode()
  if (!bringsNode()) fail("npm's package `node` was installed, but did not bring Node 24")
  say(`installed the npm packages in ${Math.round((Date.now() - start) / 1000)} s`)
}

// What the install script would have done, and npm after it.
function fetchNode() {
  run(process.execPath, ["installArchSpecificPackage"], join(packages, "node"))
  const link = join(packages, ".bin/node")
  rmSync(link, { force: true })
  symlinkSync("../node/bin/node", link)
}

function isCurrent() {
  const wanted = lockedIn(join(checkout, "package-lock.json"))
  // What npm leaves behind when it is done.
  const present = lockedIn(join(packages, ".package-lock.json"))
  const isThere = ([path, { integrity, version, optional }]) => {
    const found = present[path]
    if (path === "" || (optional && !found)) return true
    return found?.version === version && (!integrity || found.integrity === integrity)
  }
  return Object.entries(wanted).every(isThere) && bringsNode()
}

function lockedIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages
  } catch {
    return {}
  }
}

// The package's install script fetches the program: whether it worked, only the program can tell.
function bringsNode() {
  const { stdout } = spawnSync(join(packages, ".bin/node"), ["--version"], { encoding: "utf8" })
  return Number(/^v(\d+)/.exec(stdout ?? "")?.[1]) >= 24
}

// Two commands may be started side by side in a fresh clone.
async function inTurn(work) {
  const turn = join(tmpdir(), `ensure-packages-${createHash("sha256").update(checkout).digest("hex").slice(0, 16)}`)
  while (!take(turn)) await sleep(200)
  try {
    work()
  } finally {
    rmSync(turn, { force: true })
  }
}

function take(turn) {
  try {
    writeFileSync(turn, String(process.pid), { flag: "wx" })
    return true
  } catch {
    if (isAbandoned(turn)) rmSync(turn, { force: true })
    return false
  }
}

function isAbandoned(turn) {
  try {
    const holder = Number(readFileSync(turn, "utf8"))
    // Empty: taken just now, its number not yet written.
    if (holder > 0) process.kill(holder, 0)
    return false
  } catch (error) {
    return error.code === "ESRCH"
  }
}

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ["ignore", process.stderr, process.stderr] })
  if (status !== 0) fail(`${program} ${args.join(" ")} ${error ? error.message : `ended with ${status}`}`)
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function fail(what) {
  throw new Error(
    `The npm packages could not be installed: ${what}.\n` +
      "Meaning: nothing of this project can run yet.\n" +
      "Next: see what npm says above; this needs Node 20 or newer, npm, and a package registry.",
  )
}
