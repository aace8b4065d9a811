import type { ResourceName } from "../config/http.ts"
import { adminRoutes } from "./admin-api.ts"
import { compatLoginRoutes } from "./compat-login.ts"
import { compatSessionRoutes } from "./compat-session-end.ts"
import { deviceRoutes } from "./device-authorization.ts"
import { discoveryRoutes, keyRoutes } from "./discovery.ts"
import { healthRoutes, metricsRoutes } from "./health.ts"
import { assetRoutes, humanRoutes } from "./human.ts"
import { introspectionRoutes } from "./introspection.ts"
import { registrationRoutes } from "./registration.ts"
import type { Route } from "./router.ts"
import { ssoRedirectRoutes } from "./sso-redirect.ts"
import { tokenRoutes } from "./token-endpoint.ts"
import { tokenUseRoutes } from "./token-use.ts"

/** What each resource of a listener serves; a listener serves those that the config gives it and no other. */
export const routesOf: Readonly<Record<ResourceName, readonly Route[]>> = {
  health: healthRoutes,
  prometheus: metricsRoutes,
  discovery: discoveryRoutes,
  human: humanRoutes,
  graphql: [],
  oauth: [
    ...introspectionRoutes,
    ...tokenRoutes,
    ...tokenUseRoutes,
    ...keyRoutes,
    ...registrationRoutes,
    ...deviceRoutes,
  ],
  compat: [...compatLoginRoutes, ...compatSessionRoutes, ...ssoRedirectRoutes],
  assets: assetRoutes,
  adminapi: adminRoutes,
  "connection-info": [],
}
