import { lchown, link, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { execa } from "execa"

/** The user of a container, as Synapse's image has it: the folder of homeserver.yaml is his. */
export const attacker = 991

/** What root alone may read and write: whoever plants something wants to get at it. */
export interface Prey {
  readonly file: string
  readonly folder: string
  /** Where there is nothing yet, in a folder that is root's. */
  readonly nothing: string
}

/** A kind of thing that is planted at a path, and how a refusal is to name it. */
export interface Planted {
  readonly plant: (path: string, prey: Prey) => Promise<void>
  readonly named: RegExp
}

const linked = /symbolic link/

/** What whoever owns a folder, or is root in a container that has it mounted, can put into it. */
export const kinds: Readonly<Record<string, Planted>> = {
  "a symbolic link to root's file": { plant: (path, { file }) => linkTo(file, path), named: linked },
  "a symbolic link by a relative path": { plant: (path, { file }) => linkTo(climb(file, path), path), named: linked },
  "a symbolic link through another": { plant: linkThroughAnother, named: linked },
  "a symbolic link to where nothing is": {
    plant: (path, { nothing }) => linkTo(nothing, path),
    named: /no file|symbolic link/,
  },
  "a symbolic link to a folder": { plant: (path, { folder }) => linkTo(folder, path), named: linked },
  "a symbolic link to itself": { plant: (path) => linkTo(path, path), named: /symbolic link/ },
  "a symbolic link to a device": { plant: (path) => linkTo("/dev/zero", path), named: linked },
  "a hard link to root's file": { plant: (path, { file }) => link(file, path), named: /hard link/ },
  "a named pipe": { plant: (path) => make(["mkfifo", path], path), named: /FIFO/ },
  "a socket": { plant: socketAt, named: /socket/ },
  "a device without end": { plant: (path) => make(["mknod", path, "c", "1", "5"], path), named: /device/ },
  "a block device": { plant: (path) => make(["mknod", path, "b", "7", "250"], path), named: /device/ },
  "a folder": { plant: (path) => make(["mkdir", path], path), named: /folder/ },
  "a folder with something in it": { plant: fullFolder, named: /folder/ },
  "a file without end": {
    plant: (path) => make(["truncate", "--size", "1G", path], path),
    named: /larger than|changed|no plain|no room/,
  },
}

async function linkTo(target: string, path: string): Promise<void> {
  await symlink(target, path)
  await lchown(path, attacker, attacker)
}

function climb(target: string, path: string): string {
  return join(dirname(path).replace(/[^/]+/g, "..").slice(1), target)
}

async function linkThroughAnother(path: string, { file }: Prey): Promise<void> {
  await rm(`${path}-other`, { force: true })
  await linkTo(file, `${path}-other`)
  await linkTo(`${path}-other`, path)
}

async function make(argv: readonly [string, ...string[]], path: string): Promise<void> {
  const [program, ...rest] = argv
  await execa(program, rest)
  await lchown(path, attacker, attacker)
}

async function fullFolder(path: string): Promise<void> {
  await mkdir(path)
  await writeFile(join(path, "theirs"), "theirs")
  await lchown(path, attacker, attacker)
}

/** It stays when nobody listens any more.. */
async function socketAt(path: string): Promise<void> {
  const program = "import socket,sys,os; os.chdir(sys.argv[1]); s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[2])"
  await execa("python3", ["-c", program, dirname(path), path.slice(dirname(path).length + 1)])
  await lchown(path, attacker, attacker)
}
