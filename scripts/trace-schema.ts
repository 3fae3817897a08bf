/** Writes docs/trace.schema.json, the JSON Schema of a trace. Run with `npx tsx scripts/trace-schema.ts`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { z } from 'zod'
import { DROP_REASONS, type DropReason, type Step, TRACE_API_VERSION, type TraceDocument } from '../src/trace/index.js'

const text = z.string()
const maybeText = z.string().nullable()
const count = z.int().min(0)
const port = z.int().min(0).max(65535).nullable()
const probability = z.number().min(0).max(1)

const endpoints = z
  .strictObject({ source: text, destination: text })
  .describe('ADDRESS:PORT, without port where there is none')
const hook = z.enum(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])
const dropReason = z.enum(Object.keys(DROP_REASONS) as [DropReason, ...DropReason[]])

const step: z.ZodType<Step> = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('device'),
      action: z.enum(['receive', 'transmit']),
      device: text,
      deviceKind: text,
      macSource: text,
      macDestination: text,
      length: count.describe('bytes from the network header on'),
      packet: text.describe('the packet at this point, as tcpdump would say it'),
    })
    .describe('A device takes in or sends out a frame.'),
  z
    .strictObject({
      kind: z.literal('bridge'),
      action: z.enum(['forward', 'flood', 'local']),
      bridge: text,
      inPort: maybeText,
      outPorts: z.array(text),
      why: text,
    })
    .describe('A bridge decides where a frame goes.'),
  z
    .strictObject({
      kind: z.literal('rule'),
      hook,
      table: text,
      chain: text,
      number: z.int().min(1).describe('as iptables -L --line-numbers counts'),
      rule: text.describe('as iptables-save prints it'),
      matched: z.boolean(),
      action: z.enum(['jump', 'goto', 'return', 'accept', 'drop', 'continue']).nullable(),
      failed: maybeText.describe('for a rule that did not match: the first condition that failed'),
      effect: maybeText.describe('what changed, e.g. mark 0x0 -> 0x4000'),
    })
    .describe('A rule was tried. Rules that do not match appear only when every rule was asked for.'),
  z
    .strictObject({
      kind: z.literal('chain-end'),
      hook,
      table: text,
      chain: text,
      action: z.enum(['return', 'accept', 'drop']),
      number: count,
    })
    .describe("A chain was left without a decision: a user chain returned, or a built-in chain's policy decided."),
  z
    .strictObject({
      kind: z.literal('conntrack'),
      action: z.enum(['created', 'found', 'confirmed', 'related', 'invalid', 'untracked', 'updated']),
      state: z.enum(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']),
      direction: z.enum(['original', 'reply']).nullable(),
      original: maybeText,
      reply: maybeText,
      protocolState: maybeText,
      detail: maybeText,
    })
    .describe('Connection tracking looked the packet up.'),
  z
    .strictObject({
      kind: z.literal('nat'),
      hook,
      manip: z.enum(['source', 'destination']),
      before: endpoints,
      after: endpoints,
      why: text,
    })
    .describe('Addresses or ports were rewritten.'),
  z
    .strictObject({
      kind: z.literal('route'),
      action: z.enum(['input', 'output', 'reroute']),
      destination: text,
      source: text,
      rule: maybeText,
      table: maybeText,
      route: maybeText.describe('as ip route prints it; null when there is none'),
      result: z.enum(['local', 'broadcast', 'multicast', 'unicast', 'blackhole', 'unreachable', 'prohibit', 'none']),
      device: maybeText,
      gateway: maybeText,
      chosenSource: maybeText,
    })
    .describe('The routing tables were asked.'),
  z
    .strictObject({
      kind: z.literal('neighbour'),
      action: z.enum(['found', 'queued', 'resolved', 'failed']),
      device: text,
      address: text,
      mac: maybeText,
      state: text,
    })
    .describe("The next hop's MAC address was looked up."),
  z
    .strictObject({
      kind: z.literal('encapsulation'),
      action: z.enum(['encapsulate', 'decapsulate']),
      device: text,
      vni: count,
      outer: endpoints,
      inner: text,
      remote: text,
      why: text,
    })
    .describe('The packet was put into another, or taken out of it.'),
  z
    .strictObject({
      kind: z.literal('forward'),
      inDevice: text,
      outDevice: text,
      ttlBefore: count,
      ttlAfter: count,
    })
    .describe('The packet passes from one device to another: its TTL goes down.'),
  z
    .strictObject({
      kind: z.literal('fragment'),
      action: z.enum(['fragment', 'reassemble', 'queue']),
      count,
      mtu: count.nullable(),
    })
    .describe('A datagram was cut into fragments or put together again.'),
  z
    .strictObject({
      kind: z.literal('socket'),
      action: z.enum(['deliver', 'send', 'refuse', 'error']),
      protocol: text,
      local: text,
      peer: maybeText,
      process: maybeText,
      detail: maybeText,
    })
    .describe('A socket took the packet, or sent it.'),
  z
    .strictObject({ kind: z.literal('reply'), action: z.enum(['icmp-error', 'tcp-reset', 'echo-reply']), detail: text })
    .describe('The host answers the packet itself.'),
  z
    .strictObject({ kind: z.literal('drop'), reason: dropReason, where: text, rule: maybeText })
    .describe("The packet's way ends here."),
  z
    .strictObject({ kind: z.literal('unknown'), where: text, rule: text, extension: text })
    .describe('A rule that is not modelled had to decide: the verdict is not known.'),
  z.strictObject({ kind: z.literal('note'), detail: text }).describe('A side effect worth showing: LOG, NFLOG, TRACE.'),
])

const place = {
  netns: text.describe('node-1, pod/NAMESPACE/NAME, external, gateway, underlay'),
  node: maybeText.describe('null outside of the nodes'),
  pod: maybeText.describe("NAMESPACE/NAME; null when the namespace is not a pod's own"),
}

const hop = z.strictObject({ ...place, at: z.number(), steps: z.array(step) }).describe('A stay in one namespace.')

const packet = z
  .strictObject({
    number: z.int().min(1),
    protocol: text,
    kind: z.enum(['request', 'reply', 'arp', 'icmp-error', 'dns']),
    from: text.describe('as made, before any translation'),
    to: text,
    text: text.describe('the packet as tcpdump would say it'),
    netns: text.describe('the namespace that made it'),
    madeBy: text,
    because: z.int().min(1).nullable().describe('number of the packet that was its cause'),
    retransmissionOf: z.int().min(1).nullable(),
    at: z.number().describe('milliseconds of virtual time since the first packet'),
    hops: z.array(hop),
  })
  .describe('One packet from its making to its end; forwarding, NAT and encapsulation do not make a new one.')

const sees = z.enum([
  'connected',
  'answered',
  'refused',
  'reset',
  'timeout',
  'host-unreachable',
  'net-unreachable',
  'protocol-unreachable',
  'admin-prohibited',
  'ttl-exceeded',
  'frag-needed',
  'send-error',
  'name-not-found',
  'name-without-address',
  'name-resolution-failed',
  'unknown',
])

const disposition = z.enum([
  'accepted',
  'exits-network',
  'refused-no-listener',
  'denied-in-netfilter',
  'rejected-in-netfilter',
  'no-route',
  'neighbour-unreachable',
  'martian',
  'dropped-in-bridge',
  'ttl-exceeded',
  'too-big',
  'dropped',
  'lost',
  'not-sent',
  'unknown',
])

const outcome = z
  .strictObject({
    probability: probability.describe('exact'),
    choices: z.array(z.strictObject({ label: text, index: count, probability })),
    disposition: disposition.describe('what became of the request; accepted and exits-network are successes'),
    client: z.strictObject({ sees: sees.describe('connected and answered are successes'), detail: maybeText }),
    destination: z
      .strictObject({ address: text, port })
      .nullable()
      .describe('what the client sent to; null when its name had no address'),
    delivered: z
      .strictObject({ ...place, address: text, port, source: text, process: maybeText })
      .nullable()
      .describe('who took the request, and what it sees'),
    drop: z
      .strictObject({
        reason: dropReason,
        where: text,
        rule: maybeText,
        netns: text,
        node: maybeText,
        packet: z.int().min(1),
      })
      .nullable()
      .describe('where the packet that mattered died: the request, or else the reply'),
    unknown: z
      .strictObject({ where: text, rule: text, extension: text, netns: text, packet: z.int().min(1) })
      .nullable()
      .describe('a rule that is not modelled had to decide'),
    conversation: z.array(packet).describe('every packet, in the order they were made'),
  })
  .describe('One way it can go.')

const traceSchema: z.ZodType<TraceDocument> = z
  .strictObject({
    apiVersion: z.literal(TRACE_API_VERSION),
    kind: z.literal('Trace'),
    request: z.strictObject({
      from: text,
      to: text,
      protocol: z.enum(['tcp', 'udp', 'sctp', 'icmp']),
      sourcePort: port,
      destinationPort: port,
      size: count.describe('payload bytes'),
      df: z.boolean(),
      ttl: z.int().min(1).max(255).nullable(),
      namespace: text,
      sampled: z.boolean(),
      client: z.strictObject(place),
    }),
    outcomes: z.array(outcome).describe('most probable first'),
  })
  .describe('What happens to a packet in a cluster: every way it can go, each with its whole conversation.')

/** The schema's file, formatted as it is committed. */
export async function schemaText(): Promise<string> {
  const schema = z.toJSONSchema(traceSchema, { target: 'draft-7' })
  return format(JSON.stringify({ title: 'kubehop Trace', ...schema }), { parser: 'json', printWidth: 120 })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/trace.schema.json', import.meta.url), await schemaText())
}
