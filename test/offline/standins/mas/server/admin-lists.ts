import { ulidToUuid, uuidToUlid } from "../ulid.ts"
import type { Service } from "./service.ts"

/** One kind of thing that can be listed: its name, its address, its rows. */
interface Listing {
  readonly type: string
  readonly path: string
  readonly table: string
  readonly key: string
  readonly attributes: (row: Row) => object
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly created_at: Date }

const users: Listing = {
  type: "user",
  path: "/api/admin/v1/users",
  table: "users",
  key: "user_id",
  attributes: (row) => ({
    username: row.username,
    created_at: time(row.created_at),
    locked_at: time(row.locked_at),
    deactivated_at: time(row.deactivated_at),
    admin: row.can_request_admin,
    legacy_guest: row.is_guest,
  }),
}

const compatSessions: Listing = {
  type: "compat-session",
  path: "/api/admin/v1/compat-sessions",
  table: "compat_sessions",
  key: "compat_session_id",
  attributes: (row) => ({
    user_id: uuidToUlid(String(row.user_id)),
    device_id: row.device_id,
    user_session_id: row.user_session_id === null ? null : uuidToUlid(String(row.user_session_id)),
    redirect_uri: null,
    created_at: time(row.created_at),
    user_agent: row.user_agent,
    last_active_at: time(row.last_active_at),
    last_active_ip: row.last_active_ip,
    finished_at: time(row.finished_at),
    human_name: row.human_name,
  }),
}

/** A page of users (`page[first]`, `page[after]`). */
export function userPage(service: Service, query: URLSearchParams): Promise<object> {
  return pageOf(users, service, query)
}

/** A page of compat sessions, ended ones too. */
export function compatSessionPage(service: Service, query: URLSearchParams): Promise<object> {
  return pageOf(compatSessions, service, query)
}

async function pageOf(listing: Listing, service: Service, query: URLSearchParams): Promise<object> {
  const size = Math.max(1, Number(query.get("page[first]") ?? 10))
  const after = query.get("page[after]")
  const rows = await fetchRows(service, listing, { size, after })
  const counted = await service.database.query<{ count: number }>(`select count(*)::int from ${listing.table}`)
  const shown = rows.slice(0, size)
  const last = rows.length > size ? shown.at(-1) : undefined
  return {
    meta: { count: counted.rows[0]?.count ?? 0 },
    data: shown.map((row) => entry(listing, row)),
    links: links(listing.path, { size, after, next: last && uuidToUlid(last.id) }),
  }
}

/** One row more than the page holds tells whether there is a next one. */
async function fetchRows(
  { database }: Service,
  { table, key }: Listing,
  { size, after }: { readonly size: number; readonly after: string | null },
): Promise<readonly Row[]> {
  const found = await database.query<Row>(
    `select ${key} as id, * from ${table} where $1::uuid is null or ${key} > $1 order by ${key} limit $2`,
    [after === null ? null : ulidToUuid(after), size + 1],
  )
  return found.rows
}

function entry({ type, path, attributes }: Listing, row: Row): object {
  const id = uuidToUlid(row.id)
  return { type, id, attributes: attributes(row), links: { self: `${path}/${id}` }, meta: { page: { cursor: id } } }
}

interface PagePlace {
  readonly size: number
  readonly after: string | null
  readonly next: string | undefined
}

function links(path: string, { size, after, next }: PagePlace): object {
  const from = (id: string) => `${path}?page[after]=${id}&page[first]=${size}`
  return {
    self: after === null ? `${path}?page[first]=${size}` : from(after),
    first: `${path}?page[first]=${size}`,
    last: `${path}?page[last]=${size}`,
    ...(next === undefined ? {} : { next: from(next) }),
  }
}

/** RFC 3339 in UTC, without a fraction where there is none. */
function time(at: unknown): string | null {
  return at instanceof Date ? at.toISOString().replace(".000Z", "Z") : null
}
