/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 section 4.2.2). */
const K: Uint32Array = fractions(64, (prime) => Math.cbrt(prime))
/** The same of the square roots of the first eight primes (section 5.3.3). */
const INITIAL: Uint32Array = fractions(8, (prime) => Math.sqrt(prime))

function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const words = new Uint32Array(count)
  for (let candidate = 2, found = 0; found < count; candidate++) {
    if (!isPrime(candidate)) continue
    const value = root(candidate)
    words[found++] = Math.floor((value - Math.floor(value)) * 2 ** 32)
  }
  return words
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  const blocks = padded(message)
  const state = Uint32Array.from(INITIAL)
  const view = new DataView(blocks.buffer)
  for (let at = 0; at < blocks.length; at += 64) compress(state, view, at)
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  state.forEach((word, i) => out.setUint32(i * 4, word))
  return digest
}

/** Appends a one bit, zeros and the length in bits: a multiple of 64 bytes (section 5.1.1). */
function padded(message: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  blocks.set(message)
  blocks[message.length] = 0x80
  const view = new DataView(blocks.buffer)
  view.setUint32(blocks.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(blocks.length - 4, (message.length * 8) >>> 0)
  return blocks
}

/** Folds the 64-byte block at `at` into `state` (section 6.2.2). */
function compress(state: Uint32Array, view: DataView, at: number): void {
  const w = schedule(view, at)
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const bigSigma1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)
    const choose = (e & f) ^ (~e & g)
    const t1 = (h + bigSigma1 + choose + K[t]! + w[t]!) | 0
    const bigSigma0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + bigSigma0 + majority) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i]! + word) | 0))
}

function schedule(view: DataView, at: number): Uint32Array {
  const w = new Uint32Array(64)
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(at + t * 4)
  for (let t = 16; t < 64; t++) {
    const sigma0 = rotr(w[t - 15]!, 7) ^ rotr(w[t - 15]!, 18) ^ (w[t - 15]! >>> 3)
    const sigma1 = rotr(w[t - 2]!, 17) ^ rotr(w[t - 2]!, 19) ^ (w[t - 2]! >>> 10)
    w[t] = (w[t - 16]! + sigma0 + w[t - 7]! + sigma1) | 0
  }
  return w
}

function rotr(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}
