/** JHASH_INITVAL */
const INITVAL = 0xdeadbeef

/** Jenkins' hash of 32-bit words (jhash2 of linux/jhash.h). */
export function jhash2(words: readonly number[], initval: number): number {
  let a = (INITVAL + (words.length << 2) + initval) | 0
  let b = a
  let c = a
  let at = 0
  for (; words.length - at > 3; at += 3) {
    a = (a + words[at]!) | 0
    b = (b + words[at + 1]!) | 0
    c = (c + words[at + 2]!) | 0
    a = (a - c) ^ rotate(c, 4)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 6)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 8)
    b = (b + a) | 0
    a = (a - c) ^ rotate(c, 16)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 19)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 4)
    b = (b + a) | 0
  }
  const left = words.length - at
  if (left >= 3) c = (c + words[at + 2]!) | 0
  if (left >= 2) b = (b + words[at + 1]!) | 0
  if (left < 1) return c >>> 0
  return final((a + words[at]!) | 0, b, c)
}

function final(first: number, second: number, third: number): number {
  let a = first
  let b = second
  let c = third
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c >>> 0
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
