import { uuidOfUlid } from "../../../../components/mas/ulid.ts"
import type { Server } from "../lab/server.ts"
import { belowHost } from "./in-documents.ts"
import type { Mutator, Named } from "./mutator.ts"

type ClientEdit = Omit<Mutator, "touches" | "mutate" | "names"> & {
  readonly client: string
  readonly part: string
  readonly live: string | RegExp
  readonly wanted: string
}

/** The entry of a client in MAS's config, from its id to the next one. */
function inEntry(server: Server, client: string, change: (entry: string) => string) {
  const entry = new RegExp(`- client_id: ${server.clientId(client)}\\n(?: {2}.*\\n)*`)
  return (text: string) => text.replace(entry, change)
}

function entryEdit(
  { client, part, live, wanted, ...rest }: ClientEdit,
  change: (entry: string, server: Server) => string,
) {
  return {
    ...rest,
    touches: [`mas/clients/${client}`, `rows/${client}/${part}`],
    mutate: (server: Server) =>
      server.edit(
        "mas",
        inEntry(server, client, (entry) => change(entry, server)),
      ),
    names: (server: Server): Named[] => [
      { where: server.files.mas, key: `clients[client_id=${server.clientId(client)}].${part}`, live, wanted },
    ],
  } satisfies Mutator
}

/** Hands on the entries of clients in MAS's config. */
export const inClientEntries: readonly Mutator[] = [
  entryEdit(
    {
      name: "Element's entry in MAS's config sends people elsewhere",
      kind: "managed key changed",
      client: "element",
      part: "redirect_uris",
      live: '["https://evil.example.org/"]',
      wanted: '["http://127.0.0.1/"]',
    },
    (entry) => entry.replace("- http://127.0.0.1/", "- https://evil.example.org/"),
  ),
  entryEdit(
    {
      name: "a client's name is taken out of MAS's config",
      kind: "managed key removed",
      client: "matrix_pc",
      part: "client_name",
      live: "(absent)",
      wanted: "Matrix on the desktop",
      leaves: [{ file: belowHost.mas, how: "moved" }],
    },
    (entry) => entry.replace(/ {2}client_name: .*\n/, ""),
  ),
  entryEdit(
    {
      name: "a client's secret in MAS's config is another, and nobody has synced it",
      kind: "managed key changed",
      client: "admin_panel",
      part: "client_secret",
      live: "(another one)",
      wanted: "(as declared)",
    },
    (entry, server) => entry.replace(/( {2}client_secret: ).*/, `$1${server.newSecret()}`),
  ),
  {
    name: "a client is taken out of MAS's config",
    kind: "managed key removed",
    touches: ["mas/clients/matrix_android"],
    mutate: (server) =>
      server.edit(
        "mas",
        inEntry(server, "matrix_android", () => ""),
      ),
    names: (server) =>
      (
        [
          ["client_id", server.clientId("matrix_android")],
          ["client_auth_method", "none"],
          ["client_name", "Matrix on Android"],
          ["redirect_uris", '["matrix-client-android://callback"]'],
        ] as const
      ).map(([field, wanted]) => ({
        where: server.files.mas,
        key: `clients[client_id=${server.clientId("matrix_android")}].${field}`,
        live: "(absent)",
        wanted,
      })),
    leaves: [{ file: belowHost.mas, how: "moved" }],
  },
]

interface RowEdit {
  readonly name: string
  readonly client: string
  readonly column: string
  /** What is set, as SQL. */
  readonly set: string
  readonly live: string
  readonly wanted: string
}

const rowEdits: readonly RowEdit[] = [
  {
    name: "a client's redirect address is changed in MAS's database",
    client: "element",
    column: "redirect_uris",
    set: "redirect_uris = ARRAY['https://evil.example.org/']",
    live: '["https://evil.example.org/"]',
    wanted: '["http://127.0.0.1/"]',
  },
  {
    name: "a client's name is changed in MAS's database",
    client: "element",
    column: "client_name",
    set: "client_name = 'Trust me'",
    live: "Trust me",
    wanted: "Element Web",
  },
  {
    name: "a client in MAS's database is to prove itself another way",
    client: "matrix_pc",
    column: "client_auth_method",
    set: "token_endpoint_auth_method = 'client_secret_post'",
    live: "client_secret_post",
    wanted: "none",
  },
  {
    name: "a client in MAS's database may no longer refresh its tokens",
    client: "matrix_pc",
    column: "grants",
    set: "grant_type_refresh_token = false",
    live: '["authorization_code","client_credentials","device_code"]',
    wanted: '["authorization_code","client_credentials","device_code","refresh_token"]',
  },
  {
    name: "a client in MAS's database gets a page of its own",
    client: "matrix_pc",
    column: "client_uri",
    set: "client_uri = 'https://evil.example.org/'",
    live: "https://evil.example.org/",
    wanted: "(absent)",
  },
  {
    name: "a client in MAS's database gets somebody's address of keys",
    client: "element",
    column: "jwks_uri",
    set: "jwks_uri = 'https://evil.example.org/keys'",
    live: "https://evil.example.org/keys",
    wanted: "(absent)",
  },
  {
    name: "a client in MAS's database gets somebody's keys",
    client: "element",
    column: "jwks",
    set: `jwks = '{"keys": []}'`,
    live: '{"keys":[]}',
    wanted: "(absent)",
  },
]

const inRows: readonly Mutator[] = rowEdits.map(({ name, client, column, set, live, wanted }) => ({
  name,
  kind: "client's row changed",
  touches: [`rows/${client}/${column}`],
  mutate: async (server) => {
    await server.sql(`UPDATE oauth2_clients SET ${set} WHERE oauth2_client_id = '${server.clientUuid(client)}'`)
  },
  names: (server) => [{ where: "mas", key: `oauth2_clients[${server.clientUuid(client)}].${column}`, live, wanted }],
}))

function missing(name: string, sql: (uuid: string) => string): Mutator {
  return {
    name,
    kind: "client missing in the database",
    touches: ["rows/matrix_android"],
    mutate: async (server) => void (await server.sql(sql(server.clientUuid("matrix_android")))),
    names: (server) => [
      {
        where: "mas",
        key: `oauth2_clients[${server.clientUuid("matrix_android")}]`,
        live: "(absent)",
        wanted: "(there)",
      },
    ],
  }
}

const strays = [
  { id: "01JD1CWWZ3K8V4Q2R5T7Y9BMNQ", name: "Trust me" },
  { id: "01JD1CWWZ3K8V4Q2R5T7Y9BMNR", name: undefined },
] as const

/** Static for MAS, and in no file: it works on until it is pruned. */
function strayMutator({ id, name }: (typeof strays)[number]): Mutator {
  const uuid = uuidOfUlid(id)
  const inWords = name === undefined ? `client ${id}` : `client ${id} (${name})`
  return {
    name:
      name === undefined
        ? "a client without a name is put into MAS's database by hand"
        : "a client is put into MAS's database by hand",
    kind: "static client in no file",
    touches: [`rows/${id}`],
    mutate: async (server) => {
      const columns = "oauth2_client_id, redirect_uris, client_name, token_endpoint_auth_method, is_static"
      const grants = "grant_type_authorization_code, grant_type_refresh_token"
      const values = `'${uuid}', ARRAY['https://evil.example.org/'], ${name === undefined ? "NULL" : `'${name}'`}, 'none', true`
      await server.sql(`INSERT INTO oauth2_clients (${columns}, ${grants}) VALUES (${values}, true, true)`)
    },
    names: () => [{ where: "mas", key: `oauth2_clients[${uuid}]`, live: `${inWords}, in no file`, wanted: "(absent)" }],
  }
}

/** Hands on the rows of clients in MAS's database. */
export const inClientRows: readonly Mutator[] = [
  ...inRows,
  missing(
    "a client is deleted from MAS's database",
    (uuid) => `DELETE FROM oauth2_clients WHERE oauth2_client_id = '${uuid}'`,
  ),
  missing(
    "a client in MAS's database no longer counts as one of the file",
    (uuid) => `UPDATE oauth2_clients SET is_static = false WHERE oauth2_client_id = '${uuid}'`,
  ),
  ...strays.map(strayMutator),
]
