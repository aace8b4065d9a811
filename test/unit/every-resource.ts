import { MatrixAuth } from "../../components/matrix-auth.ts"
import { Scaffold } from "../../components/staging/scaffold.ts"
import { changed, read } from "./config/valid-config.ts"

/** A program with each kind of resource in it. */
export function declareEverything(): void {
  const host = { kind: "local" } as const
  const config = read(changed({ wellKnown: { container: "nginx" } })).settings
  new MatrixAuth("matrix", { config, host })
  const addresses = {
    serverName: "example.org",
    homeserverUrl: "http://127.0.0.1:8008",
    authUrl: "http://127.0.0.1:8080/",
    elementUrl: "http://127.0.0.1:8081/",
  }
  new Scaffold("scaffold", { host, folder: "/srv/staging", addresses })
}
