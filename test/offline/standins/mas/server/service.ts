import type { Pool } from "pg"
import type { Homeserver } from "./homeserver.ts"
import type { LoginLimiter } from "./login-limiter.ts"
import type { Settings } from "./settings.ts"

/** What every route has at hand. */
export interface Service {
  readonly settings: Settings
  readonly database: Pool
  readonly homeserver: Homeserver
  readonly limiter: LoginLimiter
}
