import { officialImages } from "../../../components/staging/layout.ts"

/** An image of MAS to take where the official one cannot be had: the environment names it, and nothing else does. */
export const masImage: string | undefined = process.env.MAS_IMAGE || undefined

/** What MAS this run rests on, for its report. */
export function masInUse(): string {
  const image = `the official image where it can be pulled, else ${masImage ?? "the stand-in"}`
  return `in containers ${image}; as a program ${process.env.MAS_CLI ? "the one that MAS_CLI names" : "the stand-in"}`
}

export function masKind(image: string): "official" | "real" | "stand-in" {
  if (image === officialImages.mas) return "official"
  return image.startsWith("matrix-auth-lab/") ? "stand-in" : "real"
}
