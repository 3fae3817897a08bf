import { formatIpv4, type Ipv4 } from '../../addr/index.js'
import type { Millis } from '../../base/index.js'
import { ipv4, tcp } from '../../wire/index.js'
import type { Namespace } from '../namespace.js'
import { routeOutput } from '../route-output.js'
import { type SocketOptions, socketSend } from './send.js'
import { DelayedAck, TcpTimer } from './tcp-timers.js'
import type { TcpHandler, TcpState } from './tcp-types.js'
import { errnoOf, type IcmpError } from './types.js'

/** Initial retransmission time-out (RFC 6298) and its bounds in Linux. */
const INITIAL_RTO_MS = 1000
const DATA_RTO_MS = 200
/** TCP_ATO_MIN */
const DELAYED_ACK_MS = 40
const MAX_RTO_MS = 120_000
const MAX_DATA_RETRIES = 15
const TIME_WAIT_MS = 60_000
const WINDOW = 64240
const WINDOW_SCALE = 7
/** IPv4 header, TCP header, timestamps. */
const SEGMENT_OVERHEAD = 52

/**
 * A TCP connection, as much of it as packets show: handshake, data in order, close, resets, retransmission,
 * path MTU. Left out: congestion control, reordering, urgent data.
 */
export class TcpSocket {
  readonly ns: Namespace
  readonly options: SocketOptions
  handler: TcpHandler
  readonly localAddress: Ipv4
  readonly localPort: number
  readonly remoteAddress: Ipv4
  readonly remotePort: number
  state: TcpState = 'CLOSED'
  private readonly iss: number
  sndUna: number
  sndNxt: number
  rcvNxt = 0
  private mss: number
  /** Sent and not acknowledged, from sndUna on; then what waits. */
  private outgoing: Uint8Array = new Uint8Array(0)
  private finQueued = false
  private finSent = false
  private retries = 0
  /** A system call is at work on the socket (sock_owned_by_user): what happens meanwhile is no error of its own. */
  ownedByUser = false
  /** A loss probe went out since the last acknowledgement. */
  private probed = false
  private timer = 0
  private peerTimestamp = 0
  /** When data came last (icsk_ack.lrcvtime); before the first, long ago. */
  private dataReceived: Millis = -Infinity
  /** The process answers promptly: acknowledgements ride on its data (pingpong mode). */
  private pingpong = false
  private ackTimer = 0
  /** Packet that caused what is sent now, for traces. */
  because: number | null = null

  constructor(
    ns: Namespace,
    handler: TcpHandler,
    local: { readonly address: Ipv4; readonly port: number },
    remote: { readonly address: Ipv4; readonly port: number },
    options: SocketOptions,
  ) {
    this.ns = ns
    this.handler = handler
    this.localAddress = local.address
    this.localPort = local.port
    this.remoteAddress = remote.address
    this.remotePort = remote.port
    this.options = options
    this.iss = ns.sim.choices.sample(0x1_0000_0000)
    this.sndUna = this.iss
    this.sndNxt = this.iss
    this.mss = this.pathMtu() - SEGMENT_OVERHEAD
  }

  /** connect(2) once a route was found: sends the SYN. */
  connect(): void {
    this.ns.sockets.addTcp(this)
    this.state = 'SYN-SENT'
    this.sndNxt = (this.iss + 1) >>> 0
    // tcp_connect ignores that the SYN could not be sent (a DROP, a failed re-route): it is sent again later.
    this.sendFlags(tcp.SYN, this.iss)
    this.armTimer(INITIAL_RTO_MS)
  }

  /** A SYN came for the listener: answers SYN-ACK. */
  acceptSyn(seq: number, mss: number | null, timestamp: number): void {
    this.ns.sockets.addTcp(this)
    this.state = 'SYN-RECEIVED'
    this.rcvNxt = (seq + 1) >>> 0
    this.sndNxt = (this.iss + 1) >>> 0
    this.peerTimestamp = timestamp
    if (mss !== null) this.mss = Math.min(this.mss, mss - 12)
    this.sendFlags(tcp.SYN | tcp.ACK, this.iss)
    this.armTimer(INITIAL_RTO_MS)
  }

  /** The SYN came again: so does the SYN-ACK. */
  acceptAgain(): void {
    this.sendFlags(tcp.SYN | tcp.ACK, this.iss)
  }

  /** write(2) */
  write(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.outgoing.length + bytes.length)
    joined.set(this.outgoing)
    joined.set(bytes, this.outgoing.length)
    this.outgoing = joined
    this.push()
  }

  /** close(2) */
  close(): void {
    if (this.state === 'SYN-SENT' || this.state === 'CLOSED') {
      this.destroy()
      return
    }
    if (this.finQueued) return
    this.finQueued = true
    if (this.state === 'ESTABLISHED' || this.state === 'SYN-RECEIVED') this.state = 'FIN-WAIT-1'
    else if (this.state === 'CLOSE-WAIT') this.state = 'LAST-ACK'
    this.push()
  }

  /** Sends what the window (taken as unlimited) and the MSS allow, then the FIN. */
  private push(): void {
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECEIVED') return
    let sent = (this.sndNxt - this.sndUna) >>> 0
    while (sent < this.outgoing.length && !this.finSent) {
      const chunk = this.outgoing.slice(sent, sent + Math.max(this.mss, 1))
      const seq = this.sndNxt
      this.sndNxt = (this.sndNxt + chunk.length) >>> 0
      sent += chunk.length
      this.noteAnswer()
      this.sendSegment(tcp.PSH | tcp.ACK, seq, chunk)
    }
    if (this.finQueued && !this.finSent) {
      this.finSent = true
      const seq = this.sndNxt
      this.sndNxt = (this.sndNxt + 1) >>> 0
      this.sendFlags(tcp.FIN | tcp.ACK, seq)
    }
    if (this.sndNxt !== this.sndUna) this.armTimer(DATA_RTO_MS)
  }

  /** Everything up to `ack` arrived. */
  acknowledge(ack: number): void {
    const count = (ack - this.sndUna) >>> 0
    if (count === 0 || count > (this.sndNxt - this.sndUna) >>> 0) return
    this.outgoing = this.outgoing.slice(Math.min(count, this.outgoing.length))
    this.sndUna = ack
    this.retries = 0
    this.probed = false
    if (this.sndUna === this.sndNxt) this.timer++
  }

  /** Our FIN has been acknowledged. */
  get finAcknowledged(): boolean {
    return this.finSent && this.sndUna === this.sndNxt
  }

  /** tcp_event_data_sent: data within the delayed-ACK time of data received makes a conversation of it. */
  private noteAnswer(): void {
    if (this.ns.sim.queue.now - this.dataReceived < DELAYED_ACK_MS) this.pingpong = true
  }

  /** __tcp_ack_snd_check: acknowledges data now, or in a conversation leaves it to the answer for a while. */
  acknowledgeData(): void {
    const { queue } = this.ns.sim
    const idle = queue.now - this.dataReceived
    this.dataReceived = queue.now
    if (this.pingpong && (idle <= DATA_RTO_MS || idle === Infinity)) {
      queue.schedule(DELAYED_ACK_MS, new DelayedAck(this, ++this.ackTimer))
      return
    }
    this.sendAck()
  }

  /** The delayed-ACK timer fired; nothing has been sent since if it is still the last one. */
  delayedAck(timer: number): void {
    if (timer === this.ackTimer && this.state !== 'CLOSED') this.sendAck()
  }

  sendAck(): void {
    this.sendFlags(tcp.ACK, this.sndNxt)
  }

  sendReset(): void {
    this.sendFlags(tcp.RST | tcp.ACK, this.sndNxt)
  }

  noteTimestamp(value: number): void {
    this.peerTimestamp = value
  }

  /** The peer announced its largest segment; timestamps take 12 bytes of each. */
  limitMss(mss: number): void {
    this.mss = Math.min(this.mss, mss - 12)
  }

  /** tcp_v4_mtu_reduced: smaller segments from now on, and what is unacknowledged once more. */
  mtuReduced(): void {
    const fits = this.pathMtu() - SEGMENT_OVERHEAD
    if (fits >= this.mss) return
    this.mss = fits
    if (this.outgoing.length > 0 && this.sndNxt !== this.sndUna) this.resend()
  }

  private resend(): void {
    const until = Math.min(this.outgoing.length, (this.sndNxt - this.sndUna) >>> 0)
    for (let from = 0; from < until; from += this.mss) {
      const chunk = this.outgoing.slice(from, Math.min(from + this.mss, until))
      this.sendSegment(tcp.PSH | tcp.ACK, (this.sndUna + from) >>> 0, chunk)
    }
  }

  /** An ICMP error about a packet of this connection (tcp_v4_err). */
  icmpError(error: IcmpError): void {
    if (error.type === 3 && error.code === 4) {
      this.mtuReduced()
      return
    }
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECEIVED') this.fail(errnoOf(error), error)
    // Otherwise the connection goes on trying; a process that asked for it is told all the same.
    else if (this.options.recvErr && !this.ownedByUser) this.handler.failed(this, errnoOf(error), null)
  }

  /** Ends the connection with an error the process sees. */
  fail(errno: string, icmp: IcmpError | null): void {
    this.destroy()
    this.handler.failed(this, errno, icmp)
  }

  destroy(): void {
    this.state = 'CLOSED'
    this.timer++
    this.ns.sockets.removeTcp(this)
  }

  enterTimeWait(): void {
    this.state = 'TIME-WAIT'
    this.timer++
    this.ns.sim.queue.schedule(TIME_WAIT_MS, new TcpTimer(this, this.timer))
  }

  // ------------------------------------------------------------------ timers

  private armTimer(first: number, backoff: number = this.retries): void {
    this.timer++
    const delay = Math.min(first * 2 ** backoff, MAX_RTO_MS)
    this.ns.sim.queue.schedule(delay, new TcpTimer(this, this.timer))
  }

  /** Retransmission, or the end of TIME-WAIT. */
  timeout(timer: number): void {
    if (timer !== this.timer) return
    switch (this.state) {
      case 'TIME-WAIT':
        this.destroy()
        return
      case 'SYN-SENT':
      case 'SYN-RECEIVED':
        this.resendSyn()
        return
      case 'CLOSED':
        return
      default:
        this.retransmit()
    }
  }

  /** tcp_write_timeout: the first SYNs (tcp_syn_linear_timeouts) go one by one, then with doubled time-outs. */
  private resendSyn(): void {
    const { sysctls } = this.ns
    const isSyn = this.state === 'SYN-SENT'
    const linear = isSyn ? sysctls.value('net/ipv4/tcp_syn_linear_timeouts') : 0
    const limit = sysctls.value(isSyn ? 'net/ipv4/tcp_syn_retries' : 'net/ipv4/tcp_synack_retries') + linear
    if (this.retries >= limit) {
      this.fail('ETIMEDOUT', null)
      return
    }
    this.retries++
    this.because = null
    this.sendFlags(isSyn ? tcp.SYN : tcp.SYN | tcp.ACK, this.iss)
    this.armTimer(INITIAL_RTO_MS, Math.max(this.retries - linear, 0))
  }

  /** tcp_send_loss_probe: the last segment once more, before the retransmission timer, which then starts anew. */
  private sendLossProbe(): void {
    this.probed = true
    this.because = null
    const unsent = (this.sndNxt - this.sndUna) >>> 0
    if (this.finSent) this.sendFlags(tcp.FIN | tcp.ACK, (this.sndNxt - 1) >>> 0)
    else if (unsent > 0) {
      const length = unsent % this.mss === 0 ? Math.min(this.mss, unsent) : unsent % this.mss
      const seq = (this.sndNxt - length) >>> 0
      this.sendSegment(tcp.PSH | tcp.ACK, seq, this.outgoing.slice(unsent - length, unsent))
    }
    this.armTimer(DATA_RTO_MS)
  }

  private retransmit(): void {
    if (this.sndUna === this.sndNxt) return
    if (!this.probed) {
      this.sendLossProbe()
      return
    }
    if (this.retries >= MAX_DATA_RETRIES) {
      this.fail('ETIMEDOUT', null)
      return
    }
    this.retries++
    this.because = null
    if (this.outgoing.length > 0) this.sendSegment(tcp.PSH | tcp.ACK, this.sndUna, this.outgoing.slice(0, this.mss))
    else if (this.finSent) this.sendFlags(tcp.FIN | tcp.ACK, (this.sndNxt - 1) >>> 0)
    this.armTimer(DATA_RTO_MS)
  }

  // ----------------------------------------------------------------- segments

  private sendFlags(flags: number, seq: number): string | null {
    return this.sendSegment(flags, seq, new Uint8Array(0))
  }

  private sendSegment(flags: number, seq: number, payload: Uint8Array): string | null {
    const isSyn = (flags & tcp.SYN) !== 0
    if ((flags & tcp.ACK) !== 0) this.ackTimer++
    const timestamps = { value: Math.floor(this.ns.sim.queue.now) >>> 0, echo: this.peerTimestamp }
    const options = isSyn
      ? { mss: this.pathMtu() - 40, sackPermitted: true as const, timestamps, windowScale: WINDOW_SCALE }
      : { timestamps }
    return socketSend(this.ns, {
      source: this.localAddress,
      destination: this.remoteAddress,
      protocol: ipv4.PROTOCOL.TCP,
      payload: (source) =>
        tcp.emit(
          {
            sourcePort: this.localPort,
            destinationPort: this.remotePort,
            seq,
            ack: (flags & tcp.ACK) !== 0 ? this.rcvNxt : 0,
            flags,
            window: isSyn ? WINDOW : WINDOW >> WINDOW_SCALE,
            options,
            payload,
          },
          source,
          this.remoteAddress,
        ),
      pmtu: 'want',
      options: this.options,
      maker: `${this.handler.process} (TCP ${formatIpv4(this.localAddress)}:${this.localPort})`,
      because: this.because,
    })
  }

  private pathMtu(): number {
    const routed = routeOutput(this.ns, {
      destination: this.remoteAddress,
      source: this.localAddress,
      outDevice: this.options.device,
      mark: this.options.mark,
      tos: this.options.tos,
      anySource: true,
    })
    return 'dst' in routed ? Math.min(routed.dst.mtu, 65535) : 1500
  }
}
