import type { Event } from '../../base/index.js'
import type { TcpSocket } from './tcp-socket.js'

/** tcp_send_delayed_ack: TCP_DELACK_MIN after the data. */
export class DelayedAck implements Event {
  private readonly socket: TcpSocket
  private readonly timer: number

  constructor(socket: TcpSocket, timer: number) {
    this.socket = socket
    this.timer = timer
  }

  fire(): void {
    this.socket.delayedAck(this.timer)
  }
}

/** A retransmission or TIME-WAIT timer; out of date when the socket has armed another since. */
export class TcpTimer implements Event {
  private readonly socket: TcpSocket
  private readonly timer: number

  constructor(socket: TcpSocket, timer: number) {
    this.socket = socket
    this.timer = timer
  }

  fire(): void {
    this.socket.timeout(this.timer)
  }
}
