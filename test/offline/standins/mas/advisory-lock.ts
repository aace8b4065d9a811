import { hkdfSync } from "node:crypto"

/** The key sqlx makes of a lock's name, so that we and a real mas-cli wait for each other. Decimal, for `bigint`. */
export function advisoryKey(name: string): string {
  const info = Buffer.concat([Buffer.from("SQLx (Rust) Postgres advisory lock"), Buffer.from(name)])
  return Buffer.from(hkdfSync("sha256", name, Buffer.alloc(0), info, 8))
    .readBigInt64LE()
    .toString()
}
