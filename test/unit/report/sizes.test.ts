import assert from "node:assert/strict"
import { test } from "node:test"
import { formatSize } from "../../../components/report/sizes.ts"

test("a size is said in the unit in which people think of it", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1023 bytes"],
    [1024, "1.0 KiB"],
    [1_500_000, "1.4 MiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [25 * 1024 ** 2, "25 MiB"],
    [3 * 1024 ** 5, "3072 TiB"],
  ]
  for (const [bytes, said] of cases) assert.equal(formatSize(bytes), said)
})
