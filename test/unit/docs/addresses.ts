/** Where the links of a page lead, those within the project. */
export function linksIn(text: string): readonly string[] {
  const prose = withoutBlocks(text).replace(/`[^`\n]*`/g, "")
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** The addresses of a page's headings, as GitHub makes them: small letters, dashes for spaces, other signs left out. */
export function anchorsOf(text: string): readonly string[] {
  const headings = [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) => title)
  const plain = headings.map((title) => {
    const letters = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "")
    return letters.trim().replaceAll(" ", "-")
  })
  return plain.map((anchor, index) => {
    const earlier = plain.slice(0, index).filter((other) => other === anchor).length
    return earlier === 0 ? anchor : `${anchor}-${earlier}`
  })
}

/** The scripts that a page tells people to run. */
export function npmScriptsIn(text: string): readonly string[] {
  return [...text.matchAll(/npm run (?:-\S+ )*([\w:-]+)/g)].map(([, script = ""]) => script)
}

function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "")
}
