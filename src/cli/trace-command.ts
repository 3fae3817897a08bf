import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { stringify } from 'yaml'
import type { Cluster, TraceWithFrames } from '../cluster/index.js'
import { capture, parseQuestion, SEES_SUCCESS, type TraceDocument, type TraceQuestion } from '../trace/index.js'
import { addClusterFlags, buildCluster, type ClusterFlags, readClusterInput } from './cluster-options.js'
import { choiceOption, duration, oneOf, wholeNumber } from './flag-values.js'
import { EXIT, type Io, wantsColor, widthOf } from './io.js'
import { Issues } from './issues.js'
import { renderTrace } from './render/index.js'
import { reportWarnings } from './report.js'
import { reasonOf } from './file-errors.js'
import { terminalStyle } from './terminal-style.js'

interface TraceFlags extends ClusterFlags {
  readonly from: string
  readonly to: string
  readonly protocol?: string
  readonly sourcePort?: string
  readonly dport?: string
  readonly size?: string
  readonly df?: boolean
  readonly ttl?: string
  readonly all?: boolean
  readonly brief?: boolean
  readonly sample?: boolean
  readonly output?: string
  readonly pcap?: string
  readonly timeout?: string
}

const PROTOCOLS = ['tcp', 'udp', 'sctp', 'icmp'] as const
const OUTPUTS = ['json', 'yaml'] as const

const EXAMPLES = `
Endpoints:
  pod/[NS/]NAME  deploy|sts|ds|rs/[NS/]NAME  node/NAME  external[/IP]  IP[:PORT][/PROTOCOL]
  and, for --to: svc/[NS/]NAME[:PORT or port name], a DNS name or a URL

Examples:
  $ kubehop trace -f app.yaml --from pod/client --to svc/web:80
  $ kubehop trace -f app.yaml --nodes 3 --from pod/client --to http://web.shop:8080/
  $ kubehop trace -f app.yaml --from external --to node/node-1:30080
  $ kubehop trace -f app.yaml --from pod/client --to 8.8.8.8:53/udp
  $ kubectl get all -A -o yaml | kubehop trace -f - --from node/node-1 --to 10.96.0.1:443

Exit status: 0 the client got its answer, 1 it did not (in at least one outcome), 2 bad usage or input.`

/** `kubehop trace`: what happens to this packet, hop by hop. */
export function traceCommand(io: Io, setExit: (status: number) => void): Command {
  return addClusterFlags(
    new Command('trace').description('run a packet through the cluster, there and back, and show each step'),
  )
    .requiredOption('--from <endpoint>', 'where the packet comes from')
    .requiredOption('--to <endpoint>', 'where it is sent')
    .addOption(choiceOption('--protocol <name>', 'protocol (default: as the endpoint says, else tcp)', PROTOCOLS))
    .option('--source-port <number>', "the client's port (default: an ephemeral one)")
    .option('--dport <number>', 'destination port')
    .option('--size <bytes>', 'payload (default: 0)')
    .option('--df', 'do not fragment')
    .option('--ttl <number>', 'time to live (default: 64)')
    .option('--timeout <duration>', 'how long the client waits, such as 5s or 500ms')
    .option('--all', 'show every outcome and packet in full, and every rule tried with the first condition that failed')
    .option('--brief', 'one line a hop')
    .option('--sample', 'follow one outcome drawn from the seed instead of listing all')
    .addOption(choiceOption('-o, --output <format>', 'machine-readable output', OUTPUTS))
    .option('--pcap <file>', 'write every frame that passes a device to a pcapng file')
    .addHelpText('after', EXAMPLES)
    .action((flags: TraceFlags) => setExit(runTrace(flags, io)))
}

function runTrace(flags: TraceFlags, io: Io): number {
  const issues = new Issues()
  const input = readClusterInput(flags, io, issues)
  const question = questionOf(flags, input.namespace, issues)
  oneOf(flags.output, '--output', OUTPUTS, issues)
  if (flags.all === true && flags.brief === true)
    issues.add({ path: '--brief', message: 'contradicts --all', fix: 'choose one' })
  const cluster = buildCluster(input, issues)
  const understood = issues.attempt(() => parseQuestion(question), flagOf) !== undefined
  const answer = understood && cluster && issues.attempt(() => ask(cluster, question, flags.pcap !== undefined), flagOf)
  issues.throwIfAny()
  const { document, frames } = answer as TraceWithFrames
  if (flags.pcap !== undefined) writeCapture(flags.pcap, frames, io, issues)
  issues.throwIfAny()
  reportWarnings(cluster!.warnings, io)
  io.stdout(print(document, flags, io))
  return document.outcomes.every(({ client }) => SEES_SUCCESS.has(client.sees)) ? EXIT.ANSWERED : EXIT.NOT_ANSWERED
}

function questionOf(flags: TraceFlags, namespace: string | undefined, issues: Issues): TraceQuestion {
  const sourcePort = wholeNumber(flags.sourcePort, '--source-port', 1, 65535, issues)
  const destinationPort = wholeNumber(flags.dport, '--dport', 1, 65535, issues)
  const size = wholeNumber(flags.size, '--size', 0, 65507, issues)
  const ttl = wholeNumber(flags.ttl, '--ttl', 1, 255, issues)
  const timeoutMs = duration(flags.timeout, '--timeout', issues)
  const protocol = oneOf(flags.protocol, '--protocol', PROTOCOLS, issues)
  return {
    from: flags.from,
    to: flags.to,
    ...(protocol === undefined ? {} : { protocol }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    ...(size === undefined ? {} : { size }),
    ...(flags.df === true ? { df: true } : {}),
    ...(ttl === undefined ? {} : { ttl }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(flags.sample === true ? { sample: true } : {}),
    ...(flags.all === true ? { everyRule: true } : {}),
  }
}

function ask(cluster: Cluster, question: TraceQuestion, frames: boolean): TraceWithFrames {
  return frames ? cluster.traceWithFrames(question) : { document: cluster.trace(question), frames: [] }
}

function writeCapture(file: string, frames: TraceWithFrames['frames'], io: Io, issues: Issues): void {
  try {
    writeFileSync(resolve(io.cwd, file), capture(frames))
  } catch (error) {
    issues.add({ path: '--pcap', message: `cannot write "${file}": ${reasonOf(error)}` })
  }
}

function print(document: TraceDocument, flags: TraceFlags, io: Io): string {
  if (flags.output === 'json') return `${JSON.stringify(document, null, 2)}\n`
  if (flags.output === 'yaml') return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })
  const style = terminalStyle(wantsColor(io.env, io.stdoutIsTty))
  return renderTrace(document, { all: flags.all === true, brief: flags.brief === true, style, width: widthOf(io) })
}

const FLAGS: Readonly<Record<string, string>> = {
  from: '--from',
  to: '--to',
  protocol: '--protocol',
  sourcePort: '--source-port',
  destinationPort: '--dport',
  size: '--size',
  ttl: '--ttl',
  timeoutMs: '--timeout',
  namespace: '-n',
}

/** The flag that holds a field of the question. */
function flagOf(path: string): string {
  return FLAGS[path] ?? path
}
