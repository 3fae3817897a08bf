import type { Ipv4 } from '../../addr/index.js'
import type { Namespace } from '../namespace.js'
import type { SocketOptions } from './send.js'
import type { TcpSocket } from './tcp-socket.js'
import type { IcmpError } from './types.js'

/** RFC 9293 states. */
export type TcpState =
  | 'CLOSED'
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'

/** The process behind a TCP socket. */
export interface TcpHandler {
  readonly process: string
  connected(socket: TcpSocket): void
  data(socket: TcpSocket, bytes: Uint8Array): void
  peerClosed(socket: TcpSocket): void
  /** The connection ended by an error: errno name, and the ICMP error that caused it. */
  failed(socket: TcpSocket, errno: string, icmp: IcmpError | null): void
}

/** Makes the process for each accepted connection. */
export interface TcpAcceptor {
  readonly process: string
  accept(socket: TcpSocket): TcpHandler
}

/** A listening TCP socket; address 0 = every address. */
export class TcpListener {
  readonly ns: Namespace
  readonly address: Ipv4
  readonly port: number
  readonly acceptor: TcpAcceptor
  readonly options: SocketOptions

  constructor(ns: Namespace, address: Ipv4, port: number, acceptor: TcpAcceptor, options: SocketOptions) {
    this.ns = ns
    this.address = address
    this.port = port
    this.acceptor = acceptor
    this.options = options
  }
}
