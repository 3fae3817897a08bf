import { refuse } from './fault.js'

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const

/** Reads `SYN,ACK`, `ALL` or `NONE` to the flag bits of the TCP header. */
export function parseTcpFlags(text: string): number {
  return text.split(',').reduce((bits, word) => bits | flagBits(word), 0)
}

function flagBits(word: string): number {
  const name = word.toUpperCase()
  if (name === 'ALL') return 0x3f
  if (name === 'NONE') return 0
  const at = FLAGS.findIndex((flag) => flag === name)
  if (at < 0) refuse(`--tcp-flags: "${word}" is not a TCP flag`, 'one of FIN,SYN,RST,PSH,ACK,URG,ALL,NONE')
  return 1 << at
}

/** Prints flag bits, lowest first; `NONE` for none. */
export function printTcpFlags(bits: number): string {
  const names = FLAGS.filter((_, at) => (bits & (1 << at)) !== 0)
  return names.length === 0 ? 'NONE' : names.join(',')
}
