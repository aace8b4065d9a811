import { isDeepStrictEqual } from "node:util"
import type { Argv, Host, HostAddress } from "../host/host.ts"
import type { Lifecycle } from "../lifecycle/lifecycle.ts"
import { quoted } from "../report/quoted.ts"
import { Refusal } from "../report/refusal.ts"
import { type Addresses, filePaths, officialUsers, stateFolder } from "./layout.ts"
import {
  type DatabasePasswords,
  type FolderOwner,
  freshPasswords,
  scaffoldFiles,
  scaffoldFolders,
} from "./scaffold-files.ts"

export interface ScaffoldInputs {
  readonly host: HostAddress
  readonly folder: string
  readonly addresses: Addresses
  /** Filled in by `check`, by path below the folder: so a file that went missing shows by its name. */
  readonly files?: Readonly<Record<string, "there" | "missing">>
}

export interface ScaffoldOutputs {
  readonly synapseUser: string
  readonly masUser: string
}

/** By this file we know the folder again as ours. */
const mark = ".matrix-auth-staging"

export const lifecycle: Lifecycle<ScaffoldInputs, ScaffoldOutputs> = {
  outputs: ["synapseUser", "masUser"],
  identity: ["folder"],

  async check(inputs, before) {
    if (before && !isDeepStrictEqual(before.addresses, inputs.addresses)) throw addressesAreFixed(inputs)
    return { inputs: { ...inputs, files: wantedFiles(inputs) } }
  },

  async read(state, { host }) {
    if ((await host.readIfPresent(`${state.folder}/${mark}`)) === undefined) return undefined
    const found = await Promise.all(
      Object.keys(wantedFiles(state)).map(async (path) => {
        return [path, (await isThere(host, `${state.folder}/${path}`)) ? "there" : "missing"] as const
      }),
    )
    return { ...state, files: Object.fromEntries(found) }
  },

  async converge(wanted, _, { host, say }) {
    await claim(host, wanted.folder)
    const owners = await findOwners(host)
    for (const { path, owner } of scaffoldFolders) await makeFolder(host, `${wanted.folder}/${path}`, owners[owner])
    const made = await makeFiles(host, wanted)
    say(
      `made ${made} of ${scaffoldFiles(wanted.addresses).length} files in ${wanted.folder}; those that were there are as they were`,
    )
    return { synapseUser: owners.synapse, masUser: owners.mas }
  },

  async remove({ folder }, { host }) {
    if ((await host.readIfPresent(`${folder}/${mark}`)) === undefined) return
    // And what the stack has kept for its way back: there is no server any more.
    const ours = [...scaffoldFolders.map(({ path }) => path), stateFolder].map((path) => `${folder}/${path}`)
    await run(host, ["rm", "-rf", "--", ...ours], folder)
    await host.remove(`${folder}/${mark}`)
    // What somebody else put beside our folders stays, and then so does the folder.
    await run(host, ["rmdir", "--ignore-fail-on-non-empty", "--", folder], folder)
  },
}

function wantedFiles({ addresses }: ScaffoldInputs): Readonly<Record<string, "there">> {
  return Object.fromEntries(scaffoldFiles(addresses).map(({ path }) => [path, "there"] as const))
}

/** Takes the folder as ours. One that has something where our files go, and not our mark, is somebody's. */
async function claim(host: Host, folder: string): Promise<void> {
  if ((await host.readIfPresent(`${folder}/${mark}`)) !== undefined) return
  const listed = await host.exec(["ls", "-A", "--", folder])
  const taken = new Set(listed.stdout.split("\n"))
  if (scaffoldFolders.some(({ path }) => taken.has(path))) throw folderInUse(host, folder)
  await host.write(`${folder}/${mark}`, "Made by the staging stack of matrix-auth, which removes it on destroy.\n", {
    mode: 0o644,
  })
}

/** `uid:gid` for each owner. Only root can give files away: without it, everything is ours, and so are the processes. */
async function findOwners(host: Host): Promise<Readonly<Record<FolderOwner, string>>> {
  const [uid, gid] = [await run(host, ["id", "-u"], ""), await run(host, ["id", "-g"], "")]
  const self = `${uid}:${gid}`
  if (uid !== "0") return { host: self, synapse: self, mas: self }
  const { synapse, mas } = officialUsers
  return { host: self, synapse: `${synapse.uid}:${synapse.gid}`, mas: `${mas.uid}:${mas.gid}` }
}

async function makeFolder(host: Host, path: string, owner: string): Promise<void> {
  const [uid = "", gid = ""] = owner.split(":")
  await run(host, ["install", "-d", "-m", "755", "-o", uid, "-g", gid, "--", path], path)
}

async function makeFiles(host: Host, { folder, addresses }: ScaffoldInputs): Promise<number> {
  const passwords = await knownPasswords(host, folder, addresses)
  let made = 0
  for (const { path, mode, text } of scaffoldFiles(addresses)) {
    const whole = `${folder}/${path}`
    if (await isThere(host, whole)) continue
    await host.write(whole, text(passwords), { mode, like: whole.slice(0, whole.lastIndexOf("/")) })
    made += 1
  }
  return made
}

/** Passwords that databases may already have been made with are kept. */
async function knownPasswords(host: Host, folder: string, { serverName }: Addresses): Promise<DatabasePasswords> {
  const fresh = freshPasswords()
  const paths = filePaths(serverName)
  const [synapse, mas] = await Promise.all([
    host.readIfPresent(`${folder}/${paths.synapseDatabasePassword}`),
    host.readIfPresent(`${folder}/${paths.masDatabasePassword}`),
  ])
  return { synapse: synapse?.trim() ?? fresh.synapse, mas: mas?.trim() ?? fresh.mas }
}

async function isThere(host: Host, path: string): Promise<boolean> {
  return (await host.readIfPresent(path)) !== undefined
}

async function run(host: Host, argv: Argv, file: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.exec(argv)
  if (exitCode === 0) return stdout.trim()
  throw new Refusal({
    code: "host/command-failed",
    what: `${argv[0]} ended with ${exitCode}: ${quoted(stderr.trim())}`,
    where: { host: host.name, file },
    meaning: "The staging stack's files are not all as they should be; no server was touched.",
    next: "Put right what it says, then run the same command again.",
  })
}

function folderInUse(host: Host, folder: string): Refusal {
  return new Refusal({
    code: "staging/folder-in-use",
    what: `The folder of the staging stack holds files that are not the stack's`,
    where: { host: host.name, file: folder, keyPath: "staging.folder" },
    meaning: "Nothing was changed. A staging stack makes its own files and removes them; it takes no folder over.",
    next: "Name a folder of its own, empty or not there yet.",
  })
}

function addressesAreFixed({ folder }: ScaffoldInputs): Refusal {
  return new Refusal({
    code: "staging/addresses-fixed",
    what: "The server name or an address of the staging stack is another one than it was made with",
    where: { file: folder, keyPath: "staging" },
    meaning: "Nothing was changed. Its files and databases hold the old ones, and belong to the operator once made.",
    next: "Put the old values back, or `pulumi destroy` the stack and make it anew.",
  })
}
