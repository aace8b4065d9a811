import { runDrift } from "./lab/run-drift.ts"
import type { Server } from "./lab/server.ts"

/** What makes that drift cannot be looked for. */
export interface Hindrance {
  readonly name: string
  /** Makes it so, looks, and makes it good again. */
  readonly hinder: (server: Server) => ReturnType<typeof runDrift>
}

export const hindrances: readonly Hindrance[] = [
  {
    name: "the container engine cannot be reached",
    hinder: ({ lab }) => runDrift(lab, { DOCKER_HOST: "unix:///nowhere/docker.sock", DOCKER_CONTEXT: "" }),
  },
  {
    name: "MAS's database does not answer",
    async hinder({ lab, docker }) {
      const { container } = lab.places.databases.mas
      await docker("stop", "--time", "5", container)
      try {
        return await runDrift(lab)
      } finally {
        await docker("start", container)
      }
    },
  },
  {
    name: "there is no container of that name",
    async hinder({ lab, docker, containers }) {
      await docker("rename", containers.mas, `${containers.mas}-away`)
      try {
        return await runDrift(lab)
      } finally {
        await docker("rename", `${containers.mas}-away`, containers.mas)
      }
    },
  },
]
