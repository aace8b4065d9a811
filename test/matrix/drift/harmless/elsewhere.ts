import { appendFile, rm, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { uuidOfUlid } from "../../../../components/mas/ulid.ts"
import { callsTo } from "../../../lab/seed/client-api.ts"
import { passwordOf } from "../../../lab/seed/people.ts"
import { sync } from "../mutators/secrets.ts"
import type { Harmless } from "./harmless.ts"

const dynamic = uuidOfUlid("01JD1CWWZ3K8V4Q2R5T7Y9BMNT")

/** What people do besides documents. */
export const elsewhere: readonly Harmless[] = [
  {
    name: "the documents get a new time of writing, with the same bytes",
    touches: ["times"],
    edit: async ({ files }) => {
      for (const file of Object.values(files)) await utimes(file, new Date(), new Date())
    },
  },
  {
    name: "a copy of homeserver.yaml beside it",
    touches: ["backup-copy"],
    edit: async (server) => writeFile(`${server.files.homeserver}.bak`, await server.read("homeserver")),
    undo: ({ files }) => rm(`${files.homeserver}.bak`),
  },
  {
    name: "a client that registered itself with MAS",
    touches: ["rows/dynamic"],
    edit: async (server) => {
      const columns = "oauth2_client_id, redirect_uris, token_endpoint_auth_method, is_static"
      const grants = "grant_type_authorization_code, grant_type_refresh_token"
      const values = `'${dynamic}', ARRAY['https://app.example.org/'], 'none', false, true, true`
      await server.sql(`INSERT INTO oauth2_clients (${columns}, ${grants}) VALUES (${values})`)
    },
    undo: async (server) => void (await server.sql(`DELETE FROM oauth2_clients WHERE oauth2_client_id = '${dynamic}'`)),
  },
  {
    name: "a new e-mail address of somebody in MAS",
    touches: ["rows/emails"],
    edit: async (server) => {
      const user = "(SELECT user_id FROM users ORDER BY created_at LIMIT 1)"
      const columns = "user_email_id, user_id, email, created_at"
      await server.sql(`INSERT INTO user_emails (${columns}) VALUES ('${dynamic}', ${user}, 'new@example.org', now())`)
    },
    undo: async (server) => void (await server.sql(`DELETE FROM user_emails WHERE user_email_id = '${dynamic}'`)),
  },
  {
    name: "`mas-cli config sync` by hand, which encrypts every secret anew",
    touches: ["rows", "mas"],
    edit: sync,
  },
  { name: "MAS is restarted by hand", touches: ["rows", "mas", "run/mas"], edit: (server) => server.restart("mas") },
  {
    name: "Synapse is restarted by hand",
    touches: ["homeserver", "run/synapse"],
    edit: (server) => server.restart("synapse"),
  },
  {
    name: "Element's site is restarted",
    touches: ["element", "run/element"],
    edit: (server) => server.restart("element"),
  },
  {
    name: "the proxy gets a comment, and takes its file",
    touches: ["nginx"],
    edit: async (server) => {
      await server.edit("nginx", (text) => `# looked at by carol\n${text}`)
      await server.docker("exec", server.containers.nginx, "nginx", "-s", "reload")
    },
  },
  {
    name: "people ask the server for what is not there, and its logs grow",
    touches: ["logs"],
    edit: async ({ lab }) => {
      for (const path of ["/_matrix/client/v3/nothing", "/nothing", "/_matrix/client/v3/sync"])
        await fetch(new URL(path, lab.places.synapse.url))
      await appendFile(join(lab.hostFolder, "synapse/homeserver.log"), "2026-11-28 12:00:00 ERROR something\n")
    },
    undo: ({ lab }) => rm(join(lab.hostFolder, "synapse/homeserver.log")),
  },
  {
    name: "somebody logs in at MAS, and out again",
    touches: ["rows/sessions"],
    edit: async ({ lab }) => {
      const call = callsTo(lab.places.synapse.url)
      const identifier = { type: "m.id.user", user: "grace" }
      const login = { type: "m.login.password", identifier, password: passwordOf("grace"), device_id: "HARMLESS1" }
      const { access_token } = await call("POST", "/_matrix/client/v3/login", login)
      await callsTo(lab.places.synapse.url, String(access_token))("POST", "/_matrix/client/v3/logout", {})
    },
  },
]
