/**
 * Seeded generator of 32-bit numbers (sfc32 by Chris Doty-Humphrey, public domain). The only source of
 * randomness in the simulator: equal seeds give equal runs.
 */
export class Rng {
  private a: number
  private b: number
  private c: number
  private counter: number

  /** @param seed any integer; its low 32 bits and the next 21 are used. */
  constructor(seed: number) {
    this.a = seed >>> 0
    this.b = Math.floor(seed / 0x1_0000_0000) >>> 0
    this.c = 0x9e3779b9
    this.counter = 1
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** Next number, 0 … 2³²−1, uniform. */
  uint32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (this.c << 21) | (this.c >>> 11)
    this.c = (this.c + t) | 0
    return t >>> 0
  }

  /** Uniform integer in 0 … n−1. `n` is 1 … 2³². */
  below(n: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * n)
  }
}
