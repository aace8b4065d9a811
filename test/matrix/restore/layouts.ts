/** How a deployment is laid out; each is one that people have. */
export interface Layout {
  /** Of the folder that is mounted as /data, by which path it is named. */
  readonly folder: "plain" | "link" | "link to a relative link" | "below a link"
  /** One homeserver.yaml, or one with more in conf.d, each given to Synapse by `-c`. */
  readonly config: "one file" | "conf.d"
  /** In the folder, in another one that is mounted, or behind links as Kubernetes lays secrets. */
  readonly signingKey: "beside" | "elsewhere" | "behind links"
  /** In the folder, in another one that is mounted, or called as a log is. */
  readonly logConfig: "beside" | "elsewhere" | "called a log"
  /** The folder, or homeserver.yaml by itself as well. */
  readonly mounts: "folder" | "single file"
  /** Whose the folder is: the user's in the container, or root's, which that user can only read. */
  readonly owner: "synapse" | "root"
  /** Where media are, and whether the backup has them. */
  readonly media: "left out" | "in it" | "elsewhere, left out" | "elsewhere, in it"
}

const values = {
  folder: ["plain", "link", "link to a relative link", "below a link"],
  config: ["one file", "conf.d"],
  signingKey: ["beside", "elsewhere", "behind links"],
  logConfig: ["beside", "elsewhere", "called a log"],
  mounts: ["folder", "single file"],
  owner: ["synapse", "root"],
  media: ["left out", "in it", "elsewhere, left out", "elsewhere, in it"],
} as const satisfies { readonly [key in keyof Layout]: readonly Layout[key][] }

/** Made of all that there is, so that each value meets others in each round: the first is the official image's own. */
export function layoutsOf(count: number): readonly Layout[] {
  return Array.from({ length: count }, (_, nth) => {
    const chosen = Object.entries(values).map(([key, all], axis) => [key, all[stepOf(nth, axis, all.length)]])
    return Object.fromEntries(chosen) as Layout
  })
}

/** Every value comes in as many rounds as there are of it; further on, the axes shift against each other. */
function stepOf(nth: number, axis: number, length: number): number {
  return (nth + Math.floor(nth / length) * axis) % length
}

/** Values that no layout of these has. */
export function missingFrom(layouts: readonly Layout[]): readonly string[] {
  return Object.entries(values).flatMap(([key, all]) =>
    all
      .filter((value) => !layouts.some((layout) => layout[key as keyof Layout] === value))
      .map((value) => `${key}: ${value}`),
  )
}

/** For people. */
export function nameOf(layout: Layout): string {
  return Object.entries(layout)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ")
}
