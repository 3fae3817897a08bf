import { dns } from '../wire/index.js'

const POINTER = 0xc000
/** Types whose data may hold compressed names (RFC 3597 section 4), with the bytes before the names and their count. */
const NAMES_IN_DATA: Readonly<Record<number, { readonly skip: number; readonly names: number }>> = Object.freeze({
  2: { skip: 0, names: 1 },
  5: { skip: 0, names: 1 },
  6: { skip: 0, names: 2 },
  12: { skip: 0, names: 1 },
  15: { skip: 2, names: 1 },
})

/**
 * The same message with names compressed (RFC 1035 section 4.1.4). `bytes` is a well-formed message without
 * compression, as `dns.emit` writes it.
 */
export function compressNames(bytes: Uint8Array): Uint8Array {
  const copy = new Compressor(bytes)
  copy.raw(dns.HEADER_LEN)
  const questions = word(bytes, 4)
  const records = word(bytes, 6) + word(bytes, 8) + word(bytes, 10)
  for (let i = 0; i < questions; i++) {
    copy.name()
    copy.raw(4)
  }
  for (let i = 0; i < records; i++) copy.record()
  return Uint8Array.from(copy.out)
}

class Compressor {
  readonly out: number[] = []
  private readonly bytes: Uint8Array
  private at = 0
  /** Offset in the output of every name written so far and of each of its ends; letter case counts. */
  private readonly known: Map<string, number> = new Map()

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  raw(count: number): void {
    for (let i = 0; i < count; i++) this.out.push(this.bytes[this.at++] ?? 0)
  }

  record(): void {
    this.name()
    const type = word(this.bytes, this.at)
    this.raw(8)
    const length = word(this.bytes, this.at)
    const end = this.at + 2 + length
    const lengthAt = this.out.length
    this.raw(2)
    const names = NAMES_IN_DATA[type]
    if (names !== undefined) {
      this.raw(names.skip)
      for (let i = 0; i < names.names; i++) this.name()
    }
    this.raw(end - this.at)
    const written = this.out.length - lengthAt - 2
    this.out[lengthAt] = written >> 8
    this.out[lengthAt + 1] = written & 0xff
  }

  name(): void {
    for (let length = this.bytes[this.at] ?? 0; length > 0; length = this.bytes[this.at] ?? 0) {
      const rest = this.restOfName()
      const offset = this.known.get(rest)
      if (offset !== undefined) {
        this.out.push((POINTER | offset) >> 8, offset & 0xff)
        this.at += rest.length + 1
        return
      }
      if (this.out.length < 0x4000) this.known.set(rest, this.out.length)
      this.raw(length + 1)
    }
    this.raw(1)
  }

  /** Bytes of the name from here on, without the root, one character each. */
  private restOfName(): string {
    let end = this.at
    while ((this.bytes[end] ?? 0) > 0) end += this.bytes[end]! + 1
    return String.fromCharCode(...this.bytes.subarray(this.at, end))
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
