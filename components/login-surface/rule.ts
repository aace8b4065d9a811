import type { HttpAnswer } from "../host/http.ts"

/** Where a log-in leads, by the addresses that people and their clients use. */
export interface LoginPlaces {
  /** Public base address of the client API, slash at the end. */
  readonly homeserverUrl: string
  /** Public address of the client well-known document. */
  readonly wellKnownUrl: string
  /** MAS's issuer, which is the base of all its addresses; slash at the end. */
  readonly issuer: string
  /** Of the pages that people log in from in a browser. @example "https://element.example.org" */
  readonly origin: string
}

/** What an answer has to be like is a matter of these alone. */
export type Answered = Pick<HttpAnswer, "status" | "headers" | "text">

export interface Question {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export type BackService = "synapse" | "mas"

/** One endpoint that a log-in touches. */
export interface Rule {
  /** Key path of its findings. */
  readonly endpoint: string
  /** Whom it fails when it is not right. */
  readonly neededBy: string
  /** Since when it can be asked: `before` the cutover already, or only once auth is `delegated`. */
  readonly since: "before" | "delegated"
  /** Who has to run for it to answer, besides what is in front. A proxy may ask Synapse first, and MAS after a 404. */
  readonly needs: readonly BackService[]
  readonly ask: (places: LoginPlaces) => Question
  /** What is right, in words. */
  readonly right: string
  /** What is wrong with an answer, in words; `undefined`: nothing. */
  readonly judge: (answer: Answered, places: LoginPlaces) => string | undefined
}

/** An endpoint that answers otherwise than clients need. */
export interface Amiss {
  readonly endpoint: string
  readonly url: string
  readonly seen: string
  readonly right: string
}
