const WORD = (1n << 64n) - 1n
const BLOCK = 128

/** First 64 bits of the fractional parts of the cube roots of the first 80 primes (FIPS 180-4 section 4.2.3). */
const K: readonly bigint[] = primes(80).map((p) => integerRoot(p << 192n, 3n) & WORD)
/** The same of the square roots of the first eight primes (section 5.3.5). */
const INITIAL: readonly bigint[] = primes(8).map((p) => integerRoot(p << 128n, 2n) & WORD)

function primes(count: number): bigint[] {
  const found: bigint[] = []
  for (let candidate = 2n; found.length < count; candidate++) {
    if (found.every((p) => candidate % p !== 0n)) found.push(candidate)
  }
  return found
}

/** The largest r with r^degree ≤ n, bit by bit; n below 2^202. */
function integerRoot(n: bigint, degree: bigint): bigint {
  let root = 0n
  for (let bit = 1n << 101n; bit > 0n; bit >>= 1n) {
    if ((root + bit) ** degree <= n) root += bit
  }
  return root
}

/** SHA-512 (FIPS 180-4): 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  const blocks = new DataView(padded(message).buffer)
  let state = INITIAL
  for (let at = 0; at < blocks.byteLength; at += BLOCK) state = compress(state, blocks, at)
  const digest = new Uint8Array(64)
  const out = new DataView(digest.buffer)
  state.forEach((word, i) => out.setBigUint64(i * 8, word))
  return digest
}

/** Appends a one bit, zeros and the length in bits: a multiple of 128 bytes (section 5.1.2). */
function padded(message: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(Math.ceil((message.length + 17) / BLOCK) * BLOCK)
  blocks.set(message)
  blocks[message.length] = 0x80
  new DataView(blocks.buffer).setBigUint64(blocks.length - 8, BigInt(message.length) * 8n)
  return blocks
}

/** The state after the 128-byte block at `offset` (section 6.4.2). */
function compress(state: readonly bigint[], view: DataView, offset: number): bigint[] {
  const w = schedule(view, offset)
  let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]
  for (let t = 0; t < 80; t++) {
    const bigSigma1 = rotr(e, 14n) ^ rotr(e, 18n) ^ rotr(e, 41n)
    const choose = (e & f) ^ (~e & WORD & g)
    const t1 = h + bigSigma1 + choose + K[t]! + w[t]!
    const bigSigma0 = rotr(a, 28n) ^ rotr(a, 34n) ^ rotr(a, 39n)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + t1) & WORD
    d = c
    c = b
    b = a
    a = (t1 + bigSigma0 + majority) & WORD
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (state[i]! + word) & WORD)
}

function schedule(view: DataView, offset: number): bigint[] {
  const w = Array.from({ length: 16 }, (_, t) => view.getBigUint64(offset + t * 8))
  for (let t = 16; t < 80; t++) {
    const early = w[t - 15]!
    const late = w[t - 2]!
    const sigma0 = rotr(early, 1n) ^ rotr(early, 8n) ^ (early >> 7n)
    const sigma1 = rotr(late, 19n) ^ rotr(late, 61n) ^ (late >> 6n)
    w.push((w[t - 16]! + sigma0 + w[t - 7]! + sigma1) & WORD)
  }
  return w
}

function rotr(word: bigint, by: bigint): bigint {
  return ((word >> by) | (word << (64n - by))) & WORD
}
