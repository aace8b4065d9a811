import type { RateLimit, RateLimitsConfig } from "../config/behaviour.ts"

/** Counts every check of a password, right or wrong, by client address and by account. In memory, as MAS's is. */
export class LoginLimiter {
  readonly #addresses: Buckets
  readonly #accounts: Buckets

  constructor({ loginPerIp, loginPerAccount }: RateLimitsConfig, now: () => number = Date.now) {
    this.#addresses = new Buckets(loginPerIp, now)
    this.#accounts = new Buckets(loginPerAccount, now)
  }

  /** Takes one; false when there is none left to take. */
  takes(address: string, userId: string): boolean {
    return this.#addresses.takes(address) && this.#accounts.takes(userId)
  }
}

class Buckets {
  readonly #quota: RateLimit
  readonly #now: () => number
  readonly #levels = new Map<string, { left: number; at: number }>()

  constructor(quota: RateLimit, now: () => number) {
    this.#quota = quota
    this.#now = now
  }

  takes(key: string): boolean {
    const at = this.#now()
    const last = this.#levels.get(key) ?? { left: this.#quota.burst, at }
    const left = Math.min(this.#quota.burst, last.left + ((at - last.at) / 1000) * this.#quota.perSecond)
    if (left < 1) return false
    this.#levels.set(key, { left: left - 1, at })
    return true
  }
}
