import type { Step, TraceDocument, TraceHop, TraceOutcome, TracePacket } from '../../../src/trace/index.js'

/** Traces written by hand: small, complete, and with every kind of step. */

const CLIENT = '10.244.0.2:40000'
const VIP = '10.96.0.20:80'

function hop(netns: string, node: string | null, steps: readonly Step[], at = 0): TraceHop {
  return { netns, node, pod: netns.startsWith('pod/') ? netns.slice(4) : null, at, steps }
}

function packet(fields: Pick<TracePacket, 'number' | 'kind' | 'text' | 'hops'> & Partial<TracePacket>): TracePacket {
  return {
    protocol: 'tcp',
    from: CLIENT,
    to: VIP,
    netns: 'pod/default/client',
    madeBy: 'socket',
    because: null,
    retransmissionOf: null,
    at: 0,
    ...fields,
  }
}

function device(action: 'receive' | 'transmit', name: string, text: string): Step {
  const macs = { macSource: '02:42:0a:f4:00:02', macDestination: '02:42:0a:f4:00:01' }
  return { kind: 'device', action, device: name, deviceKind: 'veth', ...macs, length: 60, packet: text }
}

function rule(chain: string, number: number, text: string, more: Partial<Extract<Step, { kind: 'rule' }>> = {}): Step {
  const fixed = { kind: 'rule', hook: 'PREROUTING', table: 'nat', matched: true, failed: null, effect: null } as const
  return { ...fixed, chain, number, rule: text, action: 'jump', ...more }
}

function request(backend: string): TracePacket {
  const server = `${backend}:8080`
  const sep = backend === '10.244.1.2' ? 'KUBE-SEP-AAAA' : 'KUBE-SEP-BBBB'
  return packet({
    number: 2,
    kind: 'request',
    text: `${CLIENT} > ${VIP} tcp SYN`,
    hops: [
      hop('pod/default/client', 'node-1', [
        {
          kind: 'route',
          action: 'output',
          destination: '10.96.0.20',
          source: '0.0.0.0',
          rule: '32766: from all lookup main',
          table: 'main',
          route: 'default via 10.244.0.1 dev eth0',
          result: 'unicast',
          device: 'eth0',
          gateway: '10.244.0.1',
          chosenSource: '10.244.0.2',
        },
        { kind: 'neighbour', action: 'resolved', device: 'eth0', address: '10.244.0.1', mac: '02:42:0a:f4:00:01', state: 'REACHABLE' },
        device('transmit', 'eth0', `${CLIENT} > ${VIP} tcp SYN`),
      ]),
      hop('node-1', 'node-1', [
        device('receive', 'veth1', `${CLIENT} > ${VIP} tcp SYN`),
        { kind: 'bridge', action: 'local', bridge: 'docker0', inPort: 'veth1', outPorts: [], why: "the bridge's own address" },
        {
          kind: 'conntrack',
          action: 'created',
          state: 'NEW',
          direction: 'original',
          original: `tcp ${CLIENT} > ${VIP}`,
          reply: `${VIP} > ${CLIENT}`,
          protocolState: 'SYN_SENT',
          detail: null,
        },
        { kind: 'chain-end', hook: 'PREROUTING', table: 'mangle', chain: 'PREROUTING', action: 'accept', number: 1 },
        rule('PREROUTING', 1, '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES'),
        rule('KUBE-SERVICES', 1, '-A KUBE-SERVICES -d 10.96.0.1/32 -j KUBE-SVC-X', { matched: false, action: null, failed: '-d 10.96.0.1/32: destination is 10.96.0.20' }),
        rule('KUBE-SVC-WEB', backend === '10.244.1.2' ? 1 : 2, `-A KUBE-SVC-WEB -j ${sep}`),
        rule(sep, 2, `-A ${sep} -p tcp -m tcp -j DNAT --to-destination ${server}`, { action: 'accept' }),
        {
          kind: 'nat',
          hook: 'PREROUTING',
          manip: 'destination',
          before: { source: CLIENT, destination: VIP },
          after: { source: CLIENT, destination: server },
          why: 'DNAT',
        },
        { kind: 'forward', inDevice: 'docker0', outDevice: 'flannel.1', ttlBefore: 64, ttlAfter: 63 },
        { kind: 'chain-end', hook: 'FORWARD', table: 'mangle', chain: 'FORWARD', action: 'accept', number: 1 },
        { kind: 'chain-end', hook: 'FORWARD', table: 'filter', chain: 'FORWARD', action: 'accept', number: 9 },
        {
          kind: 'encapsulation',
          action: 'encapsulate',
          device: 'flannel.1',
          vni: 1,
          outer: { source: '192.168.10.11:51000', destination: '192.168.10.12:8472' },
          inner: `${CLIENT} > ${server}`,
          remote: '192.168.10.12',
          why: 'fdb aa:bb:cc:00:00:0c dst 192.168.10.12',
        },
      ]),
      hop('pod/default/web', 'node-2', [
        device('receive', 'eth0', `${CLIENT} > ${server} tcp SYN`),
        { kind: 'socket', action: 'deliver', protocol: 'tcp', local: server, peer: CLIENT, process: 'container web', detail: null },
      ]),
    ],
  })
}

function arp(): TracePacket {
  return packet({
    number: 1,
    kind: 'arp',
    protocol: 'arp',
    from: '10.244.0.2',
    to: '10.244.0.1',
    text: 'arp who-has 10.244.0.1 tell 10.244.0.2',
    madeBy: 'arp',
    hops: [hop('pod/default/client', 'node-1', [device('transmit', 'eth0', 'arp who-has 10.244.0.1 tell 10.244.0.2')])],
  })
}

function reply(backend: string): TracePacket {
  return packet({
    number: 3,
    kind: 'reply',
    from: `${backend}:8080`,
    to: CLIENT,
    text: `${backend}:8080 > ${CLIENT} tcp SYN-ACK`,
    netns: 'pod/default/web',
    because: 2,
    hops: [
      hop('node-1', 'node-1', [
        {
          kind: 'nat',
          hook: 'PREROUTING',
          manip: 'source',
          before: { source: `${backend}:8080`, destination: CLIENT },
          after: { source: VIP, destination: CLIENT },
          why: 'reply of DNAT',
        },
      ]),
      hop('pod/default/client', 'node-1', [
        { kind: 'socket', action: 'deliver', protocol: 'tcp', local: CLIENT, peer: VIP, process: null, detail: null },
      ]),
    ],
  })
}

function served(backend: string, name: string): TraceOutcome {
  return {
    probability: 0.5,
    choices: [{ label: 'statistic KUBE-SVC-WEB rule 1', index: 0, probability: 0.5 }],
    disposition: 'accepted',
    client: { sees: 'connected', detail: null },
    destination: { address: '10.96.0.20', port: 80 },
    delivered: {
      netns: `pod/default/${name}`,
      node: 'node-2',
      pod: `default/${name}`,
      address: backend,
      port: 8080,
      source: CLIENT,
      process: 'container web',
    },
    drop: null,
    unknown: null,
    conversation: [
      arp(),
      request(backend),
      reply(backend),
      packet({ number: 4, kind: 'request', text: `${CLIENT} > ${VIP} tcp ACK`, because: 3, hops: request(backend).hops }),
    ],
  }
}

const REQUEST: TraceDocument['request'] = {
  from: 'pod/client',
  to: 'svc/web:80',
  protocol: 'tcp',
  sourcePort: 40000,
  destinationPort: 80,
  size: 0,
  df: false,
  ttl: null,
  namespace: 'default',
  sampled: false,
  client: { netns: 'pod/default/client', node: 'node-1', pod: 'default/client' },
}

/** A service with two backends; both answer. */
export const twoBackends: TraceDocument = {
  apiVersion: 'kubehop.dev/v1',
  kind: 'Trace',
  request: REQUEST,
  outcomes: [served('10.244.1.2', 'web-a'), served('10.244.1.3', 'web-b')],
}

const DROP_RULE = '-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "default/web has no local endpoints" -j DROP'

/** The request is dropped, and sent again a second later; every rule was asked for. */
export const dropped: TraceDocument = {
  ...twoBackends,
  request: { ...REQUEST, size: 100, df: true, ttl: 9 },
  outcomes: [
    {
      ...served('10.244.1.2', 'web-a'),
      probability: 1,
      choices: [],
      disposition: 'denied-in-netfilter',
      client: { sees: 'timeout', detail: 'no answer within 5 s' },
      delivered: null,
      drop: {
        reason: 'NETFILTER_DROP',
        where: 'filter KUBE-EXTERNAL-SERVICES rule 2',
        rule: DROP_RULE,
        netns: 'node-1',
        node: 'node-1',
        packet: 1,
      },
      conversation: [
        packet({
          number: 1,
          kind: 'request',
          text: `${CLIENT} > ${VIP} tcp SYN`,
          hops: [
            hop('node-1', 'node-1', [
              { kind: 'chain-end', hook: 'FORWARD', table: 'filter', chain: 'KUBE-NODEPORTS', action: 'return', number: 4 },
              rule('KUBE-EXTERNAL-SERVICES', 2, DROP_RULE, { table: 'filter', hook: 'FORWARD', action: 'drop' }),
              { kind: 'drop', reason: 'NETFILTER_DROP', where: 'filter KUBE-EXTERNAL-SERVICES rule 2', rule: DROP_RULE },
            ]),
          ],
        }),
        packet({
          number: 2,
          kind: 'request',
          text: `${CLIENT} > ${VIP} tcp SYN`,
          retransmissionOf: 1,
          at: 1000,
          hops: [
            hop('node-1', 'node-1', [
              { kind: 'drop', reason: 'NETFILTER_DROP', where: 'filter KUBE-EXTERNAL-SERVICES rule 2', rule: DROP_RULE },
            ]),
          ],
        }),
      ],
    },
  ],
}

/** A rule that is not modelled decides; the last steps have no other place in these documents. */
export const unknown: TraceDocument = {
  ...twoBackends,
  outcomes: [
    {
      ...served('10.244.1.2', 'web-a'),
      probability: 1,
      choices: [],
      disposition: 'unknown',
      client: { sees: 'unknown', detail: null },
      delivered: null,
      unknown: {
        where: 'filter FORWARD rule 1',
        rule: '-A FORWARD -m bpf --bytecode "1,6 0 0 1" -j DROP',
        extension: 'match bpf',
        netns: 'node-1',
        packet: 1,
      },
      conversation: [
        packet({
          number: 1,
          kind: 'request',
          text: `${CLIENT} > ${VIP} tcp SYN`,
          hops: [
            hop('node-1', 'node-1', [
              { kind: 'fragment', action: 'reassemble', count: 2, mtu: null },
              { kind: 'note', detail: 'LOG hello' },
              { kind: 'reply', action: 'icmp-error', detail: 'port unreachable to 10.244.0.2' },
              {
                kind: 'unknown',
                where: 'filter FORWARD rule 1',
                rule: '-A FORWARD -m bpf --bytecode "1,6 0 0 1" -j DROP',
                extension: 'match bpf',
              },
            ]),
          ],
        }),
      ],
    },
  ],
}
