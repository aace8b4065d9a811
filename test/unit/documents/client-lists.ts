import fc from "fast-check"

/** A configuration with a list of entries known by their `client_id`, written in one of the ways people write it. */
export interface ClientList {
  readonly text: string
  readonly ids: readonly string[]
}

interface Client {
  readonly id: string
  readonly idFirst: boolean
  readonly uris: readonly string[]
  readonly quote: "" | '"' | "'"
  readonly comment: boolean
}

const client: fc.Arbitrary<Client> = fc.record({
  id: fc.constantFrom(
    "01H8PKNWKKRPCBW4YGH1RWV279",
    "00000000000000000000000001",
    "01E500000000000000000000AB",
    "element",
    "[x]",
  ),
  idFirst: fc.boolean(),
  uris: fc.array(fc.constantFrom("https://a.example/", "http://127.0.0.1/", "io.element:/callback"), { maxLength: 2 }),
  quote: fc.constantFrom("", '"', "'"),
  comment: fc.boolean(),
})

/** Lists of every style, `undefined` where the key has no list yet. */
export function clientList(): fc.Arbitrary<ClientList> {
  return fc
    .record({
      clients: fc.uniqueArray(client, { selector: ({ id }) => id, maxLength: 4 }),
      style: fc.constantFrom("indented", "under the key", "wide", "flow", "missing", "empty"),
      empty: fc.constantFrom(
        "clients:",
        "clients: []",
        "clients: [ ]",
        "clients: null",
        "clients: # none yet",
        "clients: [] # none yet",
      ),
      before: fc.constantFrom("", "# clients of ours\n", "matrix:\n  secret: 'x' # keep\n\n"),
      after: fc.constantFrom("", "\n", "\n# the end\n", "\npasswords:\n  enabled: true\n", "\n\n  # deep\nz: 1"),
      crlf: fc.boolean(),
    })
    .map(({ clients, style, empty, before, after, crlf }) => {
      const body = bodyOf(clients, style, empty)
      const text = `${before}${body}${after}`
      const ids = body.includes("client_id") ? clients.map(({ id }) => id) : []
      return { text: crlf ? text.replaceAll("\n", "\r\n") : text, ids }
    })
}

function bodyOf(clients: readonly Client[], style: string, empty: string): string {
  if (style === "missing") return "other: 1"
  if (style === "empty" || clients.length === 0) return empty
  if (style === "flow") return `clients: [${clients.map(flow).join(", ")}] # all`
  const dash = { indented: "  - ", "under the key": "- ", wide: "    -   " }[style] ?? "- "
  return ["clients:", ...clients.flatMap((one) => block(one, dash))].join("\n")
}

function flow({ id, uris }: Client): string {
  return `{client_id: "${id}", redirect_uris: [${uris.map((uri) => `"${uri}"`).join(", ")}]}`
}

function block({ id, idFirst, uris, quote, comment }: Client, dash: string): string[] {
  const indent = " ".repeat(dash.length)
  const safe = quote === "" && /^\[|^\d+$/.test(id) ? "'" : quote
  const idLine = `client_id: ${safe}${id}${safe}${comment ? ` # id of ${id}` : ""}`
  const list = uris.length === 0 ? ["redirect_uris: []"] : ["redirect_uris:", ...uris.map((uri) => `  - ${uri}`)]
  const lines = idFirst ? [idLine, ...list] : [...list, idLine]
  const written = lines.map((line, at) => `${at === 0 ? dash : indent}${line}`)
  return comment
    ? [`${dash.slice(0, dash.indexOf("-"))}# client ${id}`, ...written, `${indent}# more of ${id}`]
    : written
}
