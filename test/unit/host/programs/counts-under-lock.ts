import { readFile, writeFile } from "node:fs/promises"
import { localHost } from "../../../../components/host/local-host.ts"

/** Adds one to the number in the file, so often; two at once lose some unless the lock keeps them apart. */
const [lock = "", counter = "", times = ""] = process.argv.slice(2)

for (let done = 0; done < Number(times); done++) {
  await localHost.withLock(lock, async () => {
    const number = Number(await readFile(counter, "utf8"))
    await new Promise((resolve) => setTimeout(resolve, 5))
    await writeFile(counter, String(number + 1))
  })
}
