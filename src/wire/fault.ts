/**
 * What can be wrong with a header, by the kernel's words (enum skb_drop_reason). Each is also a drop reason.
 * SCTP_CSUM is ours: the kernel counts it without a word of its own.
 */
export type Fault =
  | 'PKT_TOO_SMALL'
  | 'IP_INHDR'
  | 'IP_CSUM'
  | 'TCP_CSUM'
  | 'UDP_CSUM'
  | 'ICMP_CSUM'
  | 'SCTP_CSUM'
  | 'VXLAN_INVALID_HDR'
  | 'UNHANDLED_PROTO'

/** What `parse` gives for bytes that are not what they should be. Bytes never raise an exception. */
export interface ParseFault<F extends string = Fault> {
  readonly fault: F
}

/** Whether `parse` gave a fault. */
export function isFault<F extends string>(parsed: object): parsed is ParseFault<F> {
  return 'fault' in parsed
}
