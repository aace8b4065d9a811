/** Guesses that each score stands for, as powers of ten; below the first is score 0 (zxcvbn's scale, which MAS uses). */
const scoreAbove = [2, 4, 6, 8]
const common = /password|passwort|qwert|letmein|admin|welcome|12345|abcde/i

/**
 * Whether a password reaches MAS's `minimum_complexity`. A rough count of guesses by length and kinds of characters:
 * the real one asks zxcvbn, which knows dictionaries; plainly weak and plainly strong ones come out alike.
 */
export function isStrongEnough(password: string, minimumComplexity: number): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length
  const distinct = new Set(password).size
  const guesses = (common.test(password) ? 0.4 : 1) * Math.min(password.length, distinct * 1.5) * (0.45 + 0.25 * kinds)
  return scoreAbove.filter((power) => guesses >= power).length >= minimumComplexity
}
