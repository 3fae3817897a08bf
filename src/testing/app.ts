import type { PortProtocol } from './constraints.js'

/** A port that the pods of an app listen on. */
export interface AppPort {
  readonly name: string
  readonly protocol: PortProtocol
  readonly number: number
}

/** Pods that carry the label `app: NAME` all listen on the same ports; services select by that label. */
export interface App {
  readonly name: string
  readonly ports: readonly AppPort[]
}

const WEB: App = { name: 'web', ports: [{ name: 'http', protocol: 'TCP', number: 8080 }] }
const QUERY: App = {
  name: 'query',
  ports: [
    { name: 'query', protocol: 'UDP', number: 5353 },
    { name: 'query-tcp', protocol: 'TCP', number: 5353 },
  ],
}
const SIGNAL: App = { name: 'signal', ports: [{ name: 'signal', protocol: 'SCTP', number: 3868 }] }
/** Listens nowhere. */
const IDLE: App = { name: 'idle', ports: [] }

/** The apps that generated pods belong to when services may have these protocols. */
export function appsFor(protocols: readonly PortProtocol[]): App[] {
  const apps = [WEB, QUERY, SIGNAL].map(({ name, ports }) => ({
    name,
    ports: ports.filter(({ protocol }) => protocols.includes(protocol)),
  }))
  return [...apps.filter(({ ports }) => ports.length > 0), IDLE]
}
