/**
 * @module netns
 * The IP stack of one network namespace: devices, addresses, FIB, neighbours, input, forwarding, output, ICMP, sockets.
 */
export type { DeviceAddress } from './address.js'
export type { Dst } from './dst.js'
export { Fib, type FibResult, type Flow, lookupRule, type PolicyRule, printRule } from './fib.js'
export { ipReceiveFinish } from './ip-receive.js'
export { Namespace } from './namespace.js'
export { neighOutput, neighUpdate, sendArp } from './neigh-output.js'
export { runIp } from './iproute/run-ip.js'
export { type Neighbour, NeighbourTable, type NudState } from './neighbour.js'
export { type NextHop, printRoute, type Route, type RouteType, SCOPE, TABLE, tableName } from './route.js'
export { type OutputRoute, routeOutput } from './route-output.js'
export { runHook } from './run-hook.js'
export { EchoServer, type ServerSpec } from './socket/echo-server.js'
export { PingProbe, type PingSpec } from './socket/ping-probe.js'
export { ephemeralPort, type ProbeSpec } from './socket/probe.js'
export { sendRaw } from './socket/raw.js'
export { DEFAULT_OPTIONS, type SocketOptions, socketSend } from './socket/send.js'
export { TcpSocket } from './socket/tcp-socket.js'
export { type TcpAcceptor, type TcpHandler, TcpListener } from './socket/tcp-types.js'
export { SctpProbe } from './socket/sctp-probe.js'
export { TcpProbe } from './socket/tcp-probe.js'
export {
  errnoOf,
  type IcmpError,
  type PmtuMode,
  type ProbeResult,
  type Received,
  type Verdict as ProbeVerdict,
} from './socket/types.js'
export { UdpProbe, type UdpProbeSpec } from './socket/udp-probe.js'
export { type UdpReceiver, UdpSocket } from './socket/udp-socket.js'
export { Sysctls } from './sysctl.js'
export { sendTunnel, type TunnelHeader } from './tunnel.js'
