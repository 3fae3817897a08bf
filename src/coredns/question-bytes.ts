import { dns } from '../wire/index.js'

/**
 * The bytes of the first question of a message; undefined when its name is compressed or cut short. Replies echo
 * them as they came, whatever their labels hold.
 */
export function questionBytes(message: Uint8Array): Uint8Array | undefined {
  let at = dns.HEADER_LEN
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined || length > 63) return undefined
    at += length + 1
  }
  const end = at + 5
  return end <= message.length ? message.subarray(dns.HEADER_LEN, end) : undefined
}

/** `message`, which holds no question, with `question` as its one. */
export function withQuestion(message: Uint8Array, question: Uint8Array): Uint8Array {
  const made = new Uint8Array(message.length + question.length)
  made.set(message.subarray(0, dns.HEADER_LEN))
  made.set(question, dns.HEADER_LEN)
  made.set(message.subarray(dns.HEADER_LEN), dns.HEADER_LEN + question.length)
  made[5] = 1
  return made
}
