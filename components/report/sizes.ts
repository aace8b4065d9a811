const units = ["KiB", "MiB", "GiB", "TiB"] as const

/** A size for people: `0 bytes`, `512 bytes`, `1.4 KiB`, `23 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${Math.max(0, bytes)} bytes`
  let [size, unit] = [bytes / 1024, 0]
  while (Math.round(size) >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1]
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}
