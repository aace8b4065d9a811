import fc from "fast-check"

/** How many times more often than in `npm test` each property is tried: `PROPERTY_FACTOR=100` looks long. */
export const propertyFactor = Number(process.env.PROPERTY_FACTOR ?? 1)

// One commit gives one outcome. `PROPERTY_SEED` tries other cases; what fails names its seed.
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20261129) })

/** How often a property is tried that is tried `few` times in `npm test`. */
export function propertyRuns(few: number): number {
  return Math.ceil(few * propertyFactor)
}
