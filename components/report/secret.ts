import { inspect } from "node:util"

const shown = "[secret]"

/**
 * A value that must not be seen. However it is printed, joined or serialised it shows `[secret]`; only `reveal` gives
 * it, so that every place that handles one can be found by that word.
 */
export class Secret<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}

/**
 * The text with every secret in it replaced by `[secret]`: as it is, and as it looks inside JSON and inside a URL.
 */
export function mask(text: string, secrets: Iterable<string | Secret<string>>): string {
  const forms = new Set<string>()
  for (const secret of secrets)
    for (const form of formsOf(typeof secret === "string" ? secret : secret.reveal())) forms.add(form)
  // The longest first: one secret may be a part of another.
  return [...forms].sort((a, b) => b.length - a.length).reduce((masked, form) => masked.replaceAll(form, shown), text)
}

function formsOf(secret: string): readonly string[] {
  if (secret === "") return []
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]
}
