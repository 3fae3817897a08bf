/** Why a packet is INVALID, in the words of the kernel's log where it has any. */
export type InvalidReason =
  | 'no transport header'
  | 'short packet'
  | 'truncated or malformed packet'
  | 'bad checksum'
  | 'invalid ICMP type'
  | 'ICMP error quotes no known connection'
  | 'ICMP error is not addressed to the connection'
  | 'ICMP message cannot begin a connection'
  | 'invalid TCP flag combination'
  | 'segment cannot begin a connection'
  | 'picking up connections is off (tcp_loose 0)'
  | 'invalid TCP state transition'
  | 'RST before the last acknowledged byte'
  | 'SEQ is over the upper bound (over the window of the receiver)'
  | 'SEQ is under the lower bound (already ACKed data retransmitted)'
  | 'ACK is over the upper bound (ACKed data not seen yet)'
  | 'bad SCTP chunks'
  | 'SCTP chunk out of the blue'
  | 'SCTP verification tag does not match'
  | 'invalid SCTP state transition'

/**
 * What a protocol's tracker makes of a packet: `accept`; `ignore`: fine, but nothing was learnt from it; `repeat`:
 * the entry was removed, look again (NF_REPEAT); else why it is invalid.
 */
export type TrackResult = 'accept' | 'ignore' | 'repeat' | InvalidReason
