/** Jiffies a second (CONFIG_HZ). */
export const HZ = 1000
/** Credits a jiffy: the largest power of two such that a day's worth fits 32 bits (xt_limit.c). */
export const CREDITS_PER_JIFFY = 32
const SCALE = 10_000
const U32 = 2 ** 32

/** A time in units of 1/10000 s as credits, in 32-bit arithmetic (user2credits). */
export function creditsOf(user: number): number {
  const perSecond = HZ * CREDITS_PER_JIFFY
  if (user > Math.floor((U32 - 1) / perSecond)) return (Math.floor(user / SCALE) * perSecond) % U32
  return Math.floor((user * perSecond) / SCALE)
}

/** What a full bucket of the limit match holds (32 bits: it can overflow). */
export function creditCap(average: number, burst: number): number {
  return creditsOf((average * burst) % U32)
}
