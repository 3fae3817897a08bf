/** Targets of iptables that are not modelled: a rule keeps them, and a packet that reaches one has no known fate. */
export const UNMODELLED_TARGETS: ReadonlySet<string> = new Set(
  (
    'AUDIT CLASSIFY CLUSTERIP CONNSECMARK DSCP ECN HL HMARK IDLETIMER LED NFQUEUE QUEUE RATEEST SECMARK ' +
    'SYNPROXY TCPOPTSTRIP TEE TOS TPROXY TTL ULOG'
  ).split(' '),
)

/** Matches that `-p` alone brings in when an option is not known otherwise, besides the modelled ones. */
export const UNMODELLED_PROTOCOL_MATCHES: ReadonlySet<string> = new Set(['dccp', 'esp', 'ah', 'ipcomp'])
