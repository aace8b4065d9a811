import { localHost } from "../../../../components/host/local-host.ts"

const [lock = ""] = process.argv.slice(2)

await localHost.withLock(lock, async () => {
  process.stdout.write("held\n")
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
