import type { DocumentName, Server } from "../lab/server.ts"

/** Something that people do on a server and that means nothing to us. */
export interface Harmless {
  readonly name: string
  /** As of a mutator: what touches the same is not looked at together. */
  readonly touches: readonly string[]
  readonly edit: (server: Server) => Promise<void>
  /** Takes it back, where it is not in a document: those are put back by whoever looks. */
  readonly undo?: (server: Server) => Promise<void>
}

/** Edits of one document, each with what of it it touches. */
export function harmlessIn(
  file: DocumentName,
  edits: readonly (readonly [name: string, part: string, edit: (text: string, server: Server) => string])[],
): readonly Harmless[] {
  return edits.map(([name, part, edit]) => ({
    name,
    touches: [part === "" ? file : `${file}/${part}`],
    edit: (server) => server.edit(file, (text) => edit(text, server)),
  }))
}
