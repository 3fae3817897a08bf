import { type InputIssue, InvalidInputError } from '../base/index.js'
import type { TraceProtocol } from './document.js'
import { type EndpointRef, type ParsedEndpoint, parseEndpoint, PROTOCOLS } from './endpoint-ref.js'

export { type EndpointRef, parseEndpoint, printEndpoint, type WorkloadKind } from './endpoint-ref.js'

/** A question as a person asks it. */
export interface TraceQuestion {
  /** `pod/[NS/]NAME`, `deploy/…`, `sts/…`, `ds/…`, `rs/…`, `node/NAME`, `external[/IP]`, or an address of one of them. */
  readonly from: string
  /** As `from`, and `svc/[NS/]NAME[:PORT]`, `IP[:PORT][/PROTOCOL]`, a DNS name or a URL. */
  readonly to: string
  /** Default: the service port's or URL's own; else tcp with a port and icmp without. */
  readonly protocol?: TraceProtocol
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Payload bytes, default 0. */
  readonly size?: number
  /** Do not fragment. */
  readonly df?: boolean
  readonly ttl?: number
  /** Namespace of names that give none; default `default`. */
  readonly namespace?: string
  /** Follow one outcome, drawn from the seed, instead of listing all. */
  readonly sample?: boolean
  /** Record the rules that do not match, too. */
  readonly everyRule?: boolean
  /** How long the client waits, in milliseconds of virtual time. */
  readonly timeoutMs?: number
}

/** A question taken apart; what names mean is for the cluster to find out. */
export interface ParsedQuestion {
  readonly from: EndpointRef
  readonly to: EndpointRef
  /** Null: not said. */
  readonly protocol: TraceProtocol | null
  readonly sourcePort: number | null
  /** Number, or the name of a port; null: not said. */
  readonly destinationPort: number | string | null
  readonly size: number
  readonly df: boolean
  readonly ttl: number | null
  readonly namespace: string
}

/**
 * Reads a question.
 * @throws InvalidInputError with every problem at once; paths are the question's field names.
 */
export function parseQuestion(question: TraceQuestion): ParsedQuestion {
  const issues: InputIssue[] = []
  const from = endpoint(question.from, 'from', issues)
  const to = endpoint(question.to, 'to', issues)
  if (from !== null) checkSource(from, question.from, issues)
  const protocol = protocolOf(question, to, issues)
  const destinationPort = portOf(question, to, issues)
  whole(question.sourcePort, 'sourcePort', 1, 65535, issues)
  whole(question.size, 'size', 0, 65507, issues)
  whole(question.ttl, 'ttl', 1, 255, issues)
  whole(question.timeoutMs, 'timeoutMs', 1, 86_400_000, issues)
  checkIcmp(question, protocol, destinationPort, issues)
  checkNamespace(question.namespace, issues)
  if (issues.length > 0 || from === null || to === null) throw new InvalidInputError(issues)
  return {
    from: from.ref,
    to: to.ref,
    protocol,
    sourcePort: question.sourcePort ?? (typeof from.port === 'number' ? from.port : null),
    destinationPort,
    size: question.size ?? 0,
    df: question.df ?? false,
    ttl: question.ttl ?? null,
    namespace: question.namespace ?? 'default',
  }
}

function endpoint(text: unknown, path: string, issues: InputIssue[]): ParsedEndpoint | null {
  if (typeof text !== 'string') {
    issues.push({ path, message: text === undefined ? 'is required' : 'must be a string', fix: 'such as pod/client' })
    return null
  }
  const parsed = parseEndpoint(text)
  if (!('message' in parsed)) return parsed
  issues.push({ path, ...parsed })
  return null
}

/** A packet comes from a place, not from a service or a name. */
function checkSource(from: ParsedEndpoint, text: string, issues: InputIssue[]): void {
  const fix = 'name the pod, deploy, node or external that sends, or one of their addresses'
  if (from.ref.kind === 'service')
    issues.push({ path: 'from', message: `"${text}" is a service; services send nothing`, fix })
  if (from.ref.kind === 'name') {
    const name = from.ref.name
    const meant = /^[a-z0-9-]+$/.test(name) ? `did you mean pod/${name}?` : fix
    issues.push({ path: 'from', message: `"${text}" is a DNS name, not a place that sends`, fix: meant })
  }
  if (typeof from.port === 'string') {
    issues.push({ path: 'from', message: `source port "${from.port}" is not a number`, fix: 'use 1 to 65535' })
  }
}

function protocolOf(question: TraceQuestion, to: ParsedEndpoint | null, issues: InputIssue[]): TraceProtocol | null {
  const said = question.protocol
  const written = to?.protocol ?? null
  if (said === undefined) return written
  if (!PROTOCOLS.includes(said)) {
    issues.push({
      path: 'protocol',
      message: `"${String(said)}" is not a protocol`,
      fix: `use one of ${PROTOCOLS.join(', ')}`,
    })
    return null
  }
  if (written !== null && written !== said) {
    issues.push({ path: 'protocol', message: `${said} contradicts ${written} in "${question.to}"`, fix: 'say it once' })
  }
  return said
}

function portOf(question: TraceQuestion, to: ParsedEndpoint | null, issues: InputIssue[]): number | string | null {
  const said = question.destinationPort
  const written = to?.port ?? null
  if (said === undefined) return written
  whole(said, 'destinationPort', 1, 65535, issues)
  if (written !== null && written !== said) {
    issues.push({
      path: 'destinationPort',
      message: `${said} contradicts ${written} in "${question.to}"`,
      fix: 'say it once',
    })
  }
  return said
}

function checkIcmp(
  question: TraceQuestion,
  protocol: TraceProtocol | null,
  destinationPort: number | string | null,
  issues: InputIssue[],
): void {
  if (protocol !== 'icmp') return
  const fix = 'leave the port out, or ask for tcp, udp or sctp'
  if (destinationPort !== null) issues.push({ path: 'to', message: `icmp has no port ${destinationPort}`, fix })
  if (question.sourcePort !== undefined) {
    issues.push({ path: 'sourcePort', message: `icmp has no port ${question.sourcePort}`, fix })
  }
}

function checkNamespace(namespace: string | undefined, issues: InputIssue[]): void {
  if (namespace === undefined || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return
  const fix = 'use lower case letters, digits and dashes, at most 63'
  issues.push({ path: 'namespace', message: `"${namespace}" is not a namespace name`, fix })
}

function whole(value: number | undefined, path: string, from: number, to: number, issues: InputIssue[]): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return
  issues.push({ path, message: `${value} is out of range`, fix: `use a whole number from ${from} to ${to}` })
}
