import { refuse } from './fault.js'
import { parseUnsigned } from './values.js'

/** Type and codes of an icmp match; type 255 = any. */
export interface IcmpRange {
  readonly type: number
  readonly codeMin: number
  readonly codeMax: number
}

/** `name type[/code]`: the names iptables takes; without a code every code is meant. */
const TABLE = `
any 255
echo-reply 0  pong 0
destination-unreachable 3
network-unreachable 3/0  host-unreachable 3/1  protocol-unreachable 3/2  port-unreachable 3/3
fragmentation-needed 3/4  source-route-failed 3/5  network-unknown 3/6  host-unknown 3/7
network-prohibited 3/9  host-prohibited 3/10  TOS-network-unreachable 3/11  TOS-host-unreachable 3/12
communication-prohibited 3/13  host-precedence-violation 3/14  precedence-cutoff 3/15
source-quench 4
redirect 5
network-redirect 5/0  host-redirect 5/1  TOS-network-redirect 5/2  TOS-host-redirect 5/3
echo-request 8  ping 8
router-advertisement 9  router-solicitation 10
time-exceeded 11  ttl-exceeded 11
ttl-zero-during-transit 11/0  ttl-zero-during-reassembly 11/1
parameter-problem 12
ip-header-bad 12/0  required-option-missing 12/1
timestamp-request 13  timestamp-reply 14
address-mask-request 17  address-mask-reply 18
`

const NAMES: readonly (readonly [string, IcmpRange])[] = TABLE.trim()
  .split(/\s*\n\s*|\s{2,}/)
  .map((entry) => {
    const [name, number] = entry.split(' ') as [string, string]
    return [name, numeric(number)!]
  })

/** `type` or `type/code`. */
function numeric(text: string): IcmpRange | undefined {
  const [type, codes] = text.split('/') as [string, string | undefined]
  const typeNumber = parseUnsigned(type, 255)
  if (typeNumber === undefined) return undefined
  if (codes === undefined) return { type: typeNumber, codeMin: 0, codeMax: 255 }
  const [low, high] = codes.split(':') as [string, string | undefined]
  const codeMin = parseUnsigned(low, 255)
  const codeMax = high === undefined ? codeMin : parseUnsigned(high, 255)
  return codeMin === undefined || codeMax === undefined ? undefined : { type: typeNumber, codeMin, codeMax }
}

/** Reads `--icmp-type`: a name, an unambiguous beginning of one, or numbers. */
export function parseIcmpType(text: string): IcmpRange {
  const wanted = text.toLowerCase()
  const named = NAMES.filter(([name]) => name.toLowerCase().startsWith(wanted))
  if (named.length > 1) refuse(`--icmp-type: "${text}" could be ${named.map(([name]) => name).join(' or ')}`)
  return (
    named[0]?.[1] ??
    numeric(text) ??
    refuse(`--icmp-type: "${text}" is not an ICMP type`, 'write a name such as echo-request, a number, or type/code')
  )
}
