import { parseMac } from '../../src/addr/index.js'
import type { Connection } from '../../src/netfilter/index.js'
import { runIp } from '../../src/netns/index.js'
import { VxlanDevice } from '../../src/overlay/index.js'
import type { Host } from './host.js'
import { addressOf } from './raw-packet.js'

/** `ip …`: what {@link runIp} takes, and `link set dev D up|down|mtu N`. @throws Error */
export function runIpCommand(host: Host, args: string): void {
  const words = args.split(/\s+/)
  if (words[0] !== 'link') {
    runIp(host.ns, args)
    return
  }
  const [, verb, ...rest] = words
  const [name, ...options] = rest[0] === 'dev' ? rest.slice(1) : rest
  const device = host.ns.device(name ?? '')
  if (verb !== 'set' || device === undefined) throw new Error(`ip ${args}: not understood`)
  for (let i = 0; i < options.length; i++) {
    if (options[i] === 'up') device.up = true
    else if (options[i] === 'down') {
      device.up = false
      // A port without carrier is disabled, and what was learnt there forgotten.
      for (const bridge of host.bridges) bridge.fdb.flushPort(device)
    } else if (options[i] === 'mtu') device.mtu = Number(options[++i])
    else throw new Error(`ip ${args}: "${options[i]}" is not understood`)
  }
}

/** `bridge link set dev PORT hairpin|isolated|learning|flood on|off`, `bridge fdb …` of VXLAN devices. @throws Error */
export function runBridgeCommand(host: Host, args: string): void {
  const words = args.split(/\s+/)
  if (words[0] === 'link' && words[1] === 'set') setPort(host, args, words.slice(2))
  else if (words[0] === 'fdb') changeFdb(host, args, words)
  else throw new Error(`bridge ${args}: not understood`)
}

function setPort(host: Host, args: string, words: readonly string[]): void {
  const [dev, name, ...options] = words
  const port = host.bridges.map((bridge) => bridge.port(name ?? '')).find((found) => found !== undefined)
  if (dev !== 'dev' || port === undefined) throw new Error(`bridge ${args}: no such port`)
  for (let i = 0; i < options.length; i += 2) {
    const on = options[i + 1] === 'on'
    switch (options[i]) {
      case 'hairpin':
        port.hairpin = on
        break
      case 'isolated':
        port.isolated = on
        break
      case 'learning':
        port.learning = on
        break
      case 'flood':
        port.flood = on
        break
      default:
        throw new Error(`bridge ${args}: "${options[i]}" is not understood`)
    }
  }
}

function changeFdb(host: Host, args: string, words: readonly string[]): void {
  const [, verb, macText] = words
  const device = host.ns.device(words[words.indexOf('dev') + 1] ?? '')
  const mac = parseMac(macText ?? '')
  if (!(device instanceof VxlanDevice) || mac === undefined) throw new Error(`bridge ${args}: not understood`)
  const remote = words.includes('dst') ? addressOf(words[words.indexOf('dst') + 1] ?? '') : 0
  if (verb === 'del') device.fdbRemove(mac)
  else if (verb === 'replace') device.fdbReplace(mac, remote)
  else device.fdbAppend(mac, remote)
}

/** `conntrack -F`, `conntrack -D` with the options that choose entries. @throws Error */
export function runConntrackCommand(host: Host, args: string): void {
  const [verb, ...options] = args.split(/\s+/)
  if (verb === '-F') {
    host.netfilter.conntrack.flush()
    return
  }
  if (verb !== '-D' || options.length % 2 !== 0) throw new Error(`conntrack ${args}: not understood`)
  const conditions: ((connection: Connection) => boolean)[] = []
  for (let i = 0; i < options.length; i += 2) conditions.push(condition(args, options[i]!, options[i + 1]!))
  host.netfilter.conntrack.delete((connection) => conditions.every((holds) => holds(connection)))
}

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132 }

function condition(args: string, option: string, value: string): (connection: Connection) => boolean {
  const number = Number(value)
  switch (option) {
    case '-p':
    case '--proto':
      return (c) => c.original.protocol === (PROTOCOLS[value] ?? number)
    case '-s':
    case '--src':
    case '--orig-src':
      return (c) => c.original.source === addressOf(value)
    case '-d':
    case '--dst':
    case '--orig-dst':
      return (c) => c.original.destination === addressOf(value)
    case '-r':
    case '--reply-src':
      return (c) => c.reply.source === addressOf(value)
    case '-q':
    case '--reply-dst':
      return (c) => c.reply.destination === addressOf(value)
    case '--sport':
    case '--orig-port-src':
      return (c) => c.original.sourcePort === number
    case '--dport':
    case '--orig-port-dst':
      return (c) => c.original.destinationPort === number
    case '--reply-port-src':
      return (c) => c.reply.sourcePort === number
    case '--reply-port-dst':
      return (c) => c.reply.destinationPort === number
    case '-m':
    case '--mark':
      return (c) => c.mark === number
    default:
      throw new Error(`conntrack ${args}: "${option}" is not understood`)
  }
}
