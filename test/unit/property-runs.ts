/** How often a property is tried: few times in `npm test`, many in the matrix. */
export const propertyRuns = Number(process.env.PROPERTY_RUNS ?? 100)
