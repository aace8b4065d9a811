import { text } from "./call.ts"
import type { Route } from "./router.ts"

/** Healthy is what reaches its database. */
export const healthRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/health",
    cors: false,
    answer: async (_call, { database }) => {
      await database.query("select 1")
      return text(200, "ok")
    },
  },
]

/** Exposed only where the config has the exporter, which this stand-in does not have. */
export const metricsRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/metrics",
    cors: false,
    answer: () => text(500, "Prometheus exporter was not enabled in config"),
  },
]
