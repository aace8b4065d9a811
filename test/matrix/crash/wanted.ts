/** Which runs are wanted: parts of their names; an empty one is in every name. */
export interface Wanted {
  readonly only: string
  readonly fault: string
}

export function isWanted(run: { readonly point: string; readonly fault: string }, { only, fault }: Wanted): boolean {
  return `${run.point}, ${run.fault}`.includes(only) && run.fault.includes(fault)
}
