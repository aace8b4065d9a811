const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // Between these Markdown would make something of it, even within HTML.
  "|": "&#124;",
  "*": "&#42;",
  _: "&#95;",
  "`": "&#96;",
  "[": "&#91;",
  "]": "&#93;",
  "\\": "&#92;",
  "~": "&#126;",
  "@": "&#64;",
  "#": "&#35;",
}

/** Text that stands for itself in HTML and in Markdown, whatever is in it. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'|*_`[\]\\~@#]/g, (character) => entities[character] ?? character)
}
