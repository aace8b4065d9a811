/**
 * Waits for work as long as the limit says, in seconds, and throws what `refuse` gives when it takes longer. The work is not
 * ended by that, only not waited for any more: whatever it still does comes late, and whoever goes on has to expect it.
 */
export async function within<T>(limitSeconds: number, work: () => Promise<T>, refuse: () => Error): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(refuse()), limitSeconds * 1000)
  try {
    return await Promise.race([work(), over])
  } finally {
    clearTimeout(timer)
  }
}
