import { parse, type ScalarTag, type Tags } from "yaml"
import type { JsonValue } from "../../../components/documents/json-value.ts"

/**
 * YAML as MAS's reader takes it (serde_yaml 0.9, seen with MAS 1.22), by the library's parser and tags of our own: every
 * key is a text, `010` is one too, `0b11` and `+0x1F` are numbers. The real one is asked in test/integration/documents.
 */
export function readAsMas(text: string): JsonValue {
  const tags = [
    number(/^[-+]?(?:0|[1-9][0-9]*)$/),
    based,
    number(/^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?$/),
    exponent,
  ]
  return parse(text.replace("%YAML 1.1", "%YAML 1.2"), {
    customTags: (core) => [...core.filter((tag) => !isFiniteNumber(tag)), ...tags],
    maxAliasCount: -1,
    logLevel: "silent",
    stringKeys: true,
  }) as JsonValue
}

/** Whether the tag is one of those for finite numbers. */
function isFiniteNumber(tag: Tags[number]): boolean {
  return typeof tag === "object" && /:(?:int|float)$/.test(tag.tag) && "test" in tag && !tag.test?.test(".inf")
}

function number(test: RegExp): ScalarTag {
  return { tag: "tag:yaml.org,2002:float", default: true, test, resolve: Number }
}

const exponent = number(/^[-+]?[0-9]+[eE][-+]?[0-9]+$/)

const based: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?0(?:x[0-9a-fA-F]+|o[0-7]+|b[01]+)$/,
  resolve: (text) => (text.startsWith("-") ? -1 : 1) * Number(text.replace(/^[-+]/, "")),
}
