/** ICMP message types (IANA; names of linux/icmp.h). */
export const TYPE = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
  TIMESTAMP: 13,
  TIMESTAMP_REPLY: 14,
  INFO_REQUEST: 15,
  INFO_REPLY: 16,
  ADDRESS: 17,
  ADDRESS_REPLY: 18,
} as const

/** Codes of the errors that are sent (names of linux/icmp.h). */
export const CODE = {
  NET_UNREACH: 0,
  HOST_UNREACH: 1,
  PROT_UNREACH: 2,
  PORT_UNREACH: 3,
  FRAG_NEEDED: 4,
  NET_ANO: 9,
  HOST_ANO: 10,
  PKT_FILTERED: 13,
  REDIR_NET: 0,
  REDIR_HOST: 1,
  EXC_TTL: 0,
  EXC_FRAGTIME: 1,
} as const

/** What a type is called, and its codes in order if it has any. */
const NAMES: ReadonlyMap<number, { readonly name: string; readonly codes: readonly string[] }> = new Map([
  [TYPE.ECHO_REPLY, { name: 'echo reply', codes: [] }],
  [
    TYPE.UNREACHABLE,
    {
      name: 'destination unreachable',
      codes: [
        'network unreachable',
        'host unreachable',
        'protocol unreachable',
        'port unreachable',
        'fragmentation needed',
        'source route failed',
        'network unknown',
        'host unknown',
        'source host isolated',
        'network prohibited',
        'host prohibited',
        'network unreachable for this TOS',
        'host unreachable for this TOS',
        'admin prohibited',
        'host precedence violation',
        'precedence cutoff',
      ],
    },
  ],
  [TYPE.SOURCE_QUENCH, { name: 'source quench', codes: [] }],
  [
    TYPE.REDIRECT,
    { name: 'redirect', codes: ['redirect network', 'redirect host', 'redirect TOS network', 'redirect TOS host'] },
  ],
  [TYPE.ECHO_REQUEST, { name: 'echo request', codes: [] }],
  [TYPE.TIME_EXCEEDED, { name: 'time exceeded', codes: ['time exceeded in transit', 'reassembly time exceeded'] }],
  [TYPE.PARAMETER_PROBLEM, { name: 'parameter problem', codes: ['parameter problem', 'required option missing'] }],
  [TYPE.TIMESTAMP, { name: 'timestamp request', codes: [] }],
  [TYPE.TIMESTAMP_REPLY, { name: 'timestamp reply', codes: [] }],
  [TYPE.INFO_REQUEST, { name: 'information request', codes: [] }],
  [TYPE.INFO_REPLY, { name: 'information reply', codes: [] }],
  [TYPE.ADDRESS, { name: 'address mask request', codes: [] }],
  [TYPE.ADDRESS_REPLY, { name: 'address mask reply', codes: [] }],
])

/** Whether messages of this type quote the packet they are about (icmp_is_err). */
export function isError(type: number): boolean {
  switch (type) {
    case TYPE.UNREACHABLE:
    case TYPE.SOURCE_QUENCH:
    case TYPE.REDIRECT:
    case TYPE.TIME_EXCEEDED:
    case TYPE.PARAMETER_PROBLEM:
      return true
    default:
      return false
  }
}

/** The message in words, e.g. `port unreachable`; numbers where there is no name. */
export function describe(type: number, code: number): string {
  const known = NAMES.get(type)
  if (known === undefined) return `type ${type} code ${code}`
  if (known.codes.length === 0) return code === 0 ? known.name : `${known.name} code ${code}`
  return known.codes[code] ?? `${known.name} code ${code}`
}
