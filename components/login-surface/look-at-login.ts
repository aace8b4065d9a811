import { request } from "../host/http.ts"
import { Refusal } from "../report/refusal.ts"
import { describeAnswer } from "./describe-answer.ts"
import type { Amiss, Answered, BackService, LoginPlaces, Question, Rule } from "./rule.ts"
import { assetRule, assetsOf, loginRules } from "./rules.ts"

export interface LookOptions {
  /** Who stands still: what needs them is left out, since that is told elsewhere. Default: nobody. */
  readonly without?: readonly BackService[]
  /** For one answer. Default: 10. */
  readonly timeoutSeconds?: number
}

/** So many at once: a look is not to weigh on a small server. */
const atOnce = 6
/** What a log-in needs is smaller than that by far. */
const largestAnswerBytes = 1024 * 1024

/**
 * Looks at all that a log-in touches, as clients and browsers do, by the public addresses and past caches: what can be asked
 * `before` the cutover, or all of it once auth is `delegated`. Returns what is not right, in the order of the rules; asks
 * for nothing that would change something. Where nobody answers, that is what was seen.
 */
export async function lookAtLogin(
  places: LoginPlaces,
  stage: Rule["since"],
  { without = [], timeoutSeconds = 10 }: LookOptions = {},
): Promise<readonly Amiss[]> {
  const rules = loginRules.filter(
    ({ since, needs }) =>
      (since === "before" || stage === "delegated") && !needs.some((service) => without.includes(service)),
  )
  const ask = limited((question) => askOnce(question, places, timeoutSeconds))
  const found = await Promise.all(
    rules.map(async (rule) => {
      const question = rule.ask(places)
      const answer = await ask(question)
      const own = amissIn(rule, question.url, answer, places)
      return rule.endpoint === "loginPage" && own.length === 0 ? lookAtAssets(ask, question.url, answer, places) : own
    }),
  )
  return found.flat()
}

type Ask = (question: Question) => Promise<Answered | string>

async function lookAtAssets(ask: Ask, url: string, page: Answered | string, places: LoginPlaces): Promise<Amiss[]> {
  const assets = typeof page === "string" ? [] : assetsOf(page.text, url)
  const found = assets.map(async (asset) =>
    amissIn(assetRule, asset, await ask({ url: asset, method: "HEAD" }), places),
  )
  // One that is missing tells enough.
  return (await Promise.all(found)).flat().slice(0, 1)
}

function amissIn(rule: Omit<Rule, "ask">, url: string, answer: Answered | string, places: LoginPlaces): Amiss[] {
  const { endpoint, right } = rule
  if (typeof answer === "string") return [{ endpoint, url, right, seen: `no answer: ${answer}` }]
  const wrong = rule.judge(answer, places)
  return wrong === undefined ? [] : [{ endpoint, url, right, seen: `${wrong} (${describeAnswer(answer)})` }]
}

/** The answer, or why there is none. */
async function askOnce(
  question: Question,
  { origin }: LoginPlaces,
  timeoutSeconds: number,
): Promise<Answered | string> {
  const fresh = new URL(question.url)
  fresh.searchParams.set("matrix-auth", String(Date.now()))
  const headers = { "cache-control": "no-cache", origin, ...question.headers }
  try {
    const limits = { timeoutSeconds, atMostBytes: largestAnswerBytes }
    return await request(undefined, { ...question, url: fresh.href, headers, ...limits })
  } catch (error) {
    if (error instanceof Refusal) return error.what
    throw error
  }
}

/** Those that come while so many are on their way wait for their turn. */
function limited(ask: Ask): Ask {
  const waiting: (() => void)[] = []
  let free = atOnce
  return async (question) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await ask(question)
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
