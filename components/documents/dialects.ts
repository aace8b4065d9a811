/**
 * Who reads the document: `yaml11` is PyYAML's SafeLoader (Synapse), `yaml12` the core schema (MAS), `json` is JSON
 * without any extension (the well-known, Element).
 */
export type Dialect = "yaml11" | "yaml12" | "json"
