import { describe, expect, it } from 'vitest'
import { icmpPacket, ip, tcpPacket, udpPacket } from '../helpers/netfilter-router.js'
import { RuleBench, walkLog } from '../helpers/rule-bench.js'
import { cloneGraph } from '../../src/base/index.js'
import { connectionOf } from '../../src/netfilter/index.js'
import { ipv4, tcp } from '../../src/wire/index.js'

const filter = (...rules: readonly string[]): string => ['*filter', ...rules, 'COMMIT', ''].join('\n')
const section = (table: string, ...rules: readonly string[]): string => [`*${table}`, ...rules, 'COMMIT', ''].join('\n')
const DNS = udpPacket('10.0.0.1:1000', '10.0.0.2:53')

function issuesOf(run: () => void): string[] {
  try {
    run()
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

describe('restore', () => {
  it('replaces a table, keeps its policies, and leaves other tables alone', () => {
    const bench = new RuleBench(filter(':INPUT DROP', '-A INPUT -j ACCEPT') + section('mangle', '-A INPUT -j ACCEPT'))
    bench.iptables.restore(filter('-A FORWARD -j DROP'))
    expect(bench.iptables.save()).toBe(
      [
        '*mangle',
        ':PREROUTING ACCEPT [0:0]',
        ':INPUT ACCEPT [0:0]',
        ':FORWARD ACCEPT [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        ':POSTROUTING ACCEPT [0:0]',
        '-A INPUT -j ACCEPT',
        'COMMIT',
        '*filter',
        ':INPUT DROP [0:0]',
        ':FORWARD ACCEPT [0:0]',
        ':OUTPUT ACCEPT [0:0]',
        '-A FORWARD -j DROP',
        'COMMIT',
        '',
      ].join('\n'),
    )
  })

  it('with noflush keeps the counters of unchanged rules, and starts policies, nth and limit again', () => {
    const bench = new RuleBench(
      filter(
        '-A FORWARD -m statistic --mode nth --every 3 --packet 0 -m comment --comment nth',
        '-A FORWARD -m limit --limit 1/hour --limit-burst 3',
      ),
    )
    for (let i = 0; i < 4; i++) bench.at('FORWARD', bench.packet(DNS))
    bench.iptables.restore(filter('-A FORWARD -m comment --comment added'), { noflush: true })
    expect(bench.iptables.counters('filter')[1]).toMatchObject({
      packets: 0,
      rules: [{ packets: 2 }, { packets: 3 }, { packets: 0 }],
    })
    bench.at('FORWARD', bench.packet(DNS))
    expect(bench.iptables.counters('filter')[1]!.rules.map((rule) => rule.packets)).toEqual([3, 4, 1])
  })

  it('takes counters only when asked to', () => {
    const text = filter(':FORWARD DROP [7:70]', '[1:2] -A FORWARD -j ACCEPT', '-A FORWARD -c 3 4 -j DROP')
    const bench = new RuleBench(text)
    expect(bench.iptables.save({ counters: true })).toContain('[0:0] -A FORWARD -j ACCEPT\n[0:0] -A FORWARD -j DROP')
    bench.iptables.restore(text, { counters: true })
    expect(bench.iptables.save({ counters: true })).toContain(':FORWARD DROP [7:70]')
    expect(bench.iptables.save({ counters: true })).toContain('[1:2] -A FORWARD -j ACCEPT\n[3:4] -A FORWARD -j DROP')
  })

  it('edits by number and by rule', () => {
    const bench = new RuleBench(filter(':U -', '-A U -j ACCEPT', '-A U -j DROP', '-A FORWARD -j U'))
    bench.iptables.restore(
      filter('-I U 2 -j RETURN', '-R U 1 -p tcp', '-D U -j DROP', '-N V', '-A V -g U', '-E V W', '-P INPUT DROP'),
      { noflush: true },
    )
    expect(bench.iptables.save()).toContain(
      ':INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:U - [0:0]\n:W - [0:0]\n' +
        '-A FORWARD -j U\n-A U -p tcp\n-A U -j RETURN\n-A W -g U\n',
    )
  })

  it('tells every problem at once, with file and line, and changes nothing', () => {
    const bench = new RuleBench(filter('-A FORWARD -j DROP'))
    const before = bench.iptables.save()
    const text = filter('-A FORWARD --dport 80 -j ACCEPT', '-A NOPE -j ACCEPT', '-A INPUT -j NOWHERE', ':X DROP')
    expect(issuesOf(() => bench.iptables.restore(text, { file: 'rules.v4' }))).toEqual([
      'rules.v4:2:12: unknown option "--dport"; give -p tcp, udp or sctp before a port',
      'rules.v4:5:1: chain X is not built in and has no policy; write - instead',
      'rules.v4:3:1: chain NOPE does not exist in table filter; write :NOPE - before',
      'rules.v4:4:1: chain NOWHERE does not exist in table filter, nor is it a target; write :NOWHERE - before the rules',
    ])
    expect(bench.iptables.save()).toBe(before)
  })

  it.each([
    ['*filter\n-A INPUT -j DROP\n', 'table filter has no COMMIT'],
    ['*foo\n', 'table "foo" does not exist'],
    [filter('-D INPUT 1'), 'chain INPUT has no rule 1'],
    [filter('-D INPUT -j DROP'), 'chain INPUT has no such rule'],
    [filter('-I INPUT 3 -j DROP'), 'cannot insert as rule 3'],
    [filter('-N A', '-N A'), 'chain A exists already'],
    [filter('-X INPUT'), 'chain INPUT is built in'],
    [filter(':A -', '-A INPUT -j A', '-X A'), 'chain A is still jumped to'],
    [filter(':A -', '-A A -j A', '-A INPUT -j A'), 'go in a circle: A -> A'],
    [section('nat', ':D -', '-A POSTROUTING -j D', '-A D -j DNAT --to-destination 1.2.3.4'), 'cannot be used in POST'],
    [section('nat', '-A PREROUTING -j DROP'), 'table nat is not for filtering'],
    [filter('-A INPUT -m set --match-set nope src'), 'set nope does not exist'],
  ])('refuses %j', (text, message) => {
    const bench = new RuleBench('')
    expect(issuesOf(() => bench.iptables.restore(text)).join('\n')).toContain(message)
    expect(bench.iptables.save()).toBe('')
  })

  it('gives options behind a jump to the matches that have them', () => {
    const bench = new RuleBench(filter(':U -', '-A INPUT -p tcp -j U --dport 80', '-A INPUT -p udp -g U --sport 9'))
    expect(bench.iptables.save()).toContain(
      '-A INPUT -p tcp -m tcp --dport 80 -j U\n-A INPUT -p udp -m udp --sport 9 -g U\n',
    )
    expect(issuesOf(() => bench.iptables.restore(filter(':U -', '-A INPUT -g U --foo'))).join()).toContain('--foo')
  })

  it('takes a circle that no built-in chain leads to, and a target where it is never reached', () => {
    const bench = new RuleBench(filter(':A -', '-A A -j A'))
    expect(bench.iptables.save()).toContain('-A A -j A')
    bench.iptables.restore(section('nat', ':D -', '-A D -j DNAT --to-destination 1.2.3.4'))
  })
})

describe('the walk', () => {
  it('counts a rule before its target runs, and the policy when nothing decides', () => {
    const bench = new RuleBench(filter(':FORWARD DROP', '-A FORWARD -p tcp -j ACCEPT', '-A FORWARD -p udp'))
    const { verdict, state } = bench.at('FORWARD', bench.packet(DNS))
    expect([verdict, state.drop]).toEqual([
      'drop',
      { reason: 'NETFILTER_DROP', where: 'filter FORWARD policy', rule: null },
    ])
    expect(bench.iptables.counters('filter')[1]).toMatchObject({
      packets: 1,
      bytes: DNS.length,
      rules: [{ packets: 0 }, { packets: 1, bytes: DNS.length }],
    })
  })

  it('says why rules do not match when asked for every rule', () => {
    const bench = new RuleBench(
      filter(
        '-A FORWARD -s 10.9.0.0/16',
        '-A FORWARD ! -d 10.0.0.2',
        '-A FORWARD -i eth+',
        '-A FORWARD -p tcp',
        '-A FORWARD -f',
        '-A FORWARD -p udp --dport 80',
        '-A FORWARD -m comment --comment c -m mark --mark 7',
        '-A FORWARD -m conntrack --ctstate ESTABLISHED',
      ),
    )
    bench.log.everyRule = true
    const failed = bench.forward(DNS).steps.flatMap((step) => (step.kind === 'rule' ? [step.failed] : []))
    expect(failed).toEqual([
      '-s 10.9.0.0/16: source is 10.0.0.1',
      '! -d 10.0.0.2/32: destination is 10.0.0.2',
      '-i eth+: came in by in0',
      '-p tcp: packet is udp',
      '-f: fragment offset is 0',
      '-m udp --dport 80: source port is 1000, destination port is 53',
      '-m mark --mark 0x7: mark is 0x0',
      '-m conntrack --ctstate ESTABLISHED: state is NEW, original 10.0.0.1:1000 > 10.0.0.2:53, reply 10.0.0.2:53 > 10.0.0.1:1000',
    ])
  })

  it('names an extension it does not know, only where all else matches', () => {
    const bench = new RuleBench(
      filter('-A FORWARD -p tcp -m foo --bar 1 -j DROP', '-A FORWARD -m hashlimit --hashlimit-name x -p udp -j DROP'),
    )
    const result = bench.at('FORWARD', bench.packet(DNS))
    const text = '-A FORWARD -p udp -m hashlimit --hashlimit-name x -j DROP'
    expect(result.state.drop).toEqual({ reason: 'UNKNOWN_EXTENSION', where: 'filter FORWARD rule 2', rule: text })
    expect(result.steps).toEqual([
      { kind: 'unknown', where: 'filter FORWARD rule 2', rule: text, extension: 'hashlimit' },
    ])
    bench.iptables.restore(filter('-A FORWARD -j TOS --set-tos 0x10'))
    expect(bench.at('FORWARD', bench.packet(DNS)).steps).toMatchObject([{ kind: 'unknown', extension: 'TOS' }])
  })

  it('drops malformed packets where a match looks into them', () => {
    const bench = new RuleBench(filter('-A FORWARD -p tcp --dport 80', '-A FORWARD -p udp --dport 80'))
    const fragment = (protocol: number, fragmentOffset: number): Uint8Array =>
      ipv4.emit({
        id: 1,
        ttl: 9,
        protocol,
        source: ip('10.0.0.1'),
        destination: ip('10.0.0.2'),
        fragmentOffset,
        payload: new Uint8Array(8),
      })
    expect(bench.at('FORWARD', bench.packet(fragment(6, 8))).state.drop?.where).toContain('malformed')
    expect(bench.at('FORWARD', bench.packet(fragment(6, 16))).verdict).toBe('accept')
    expect(bench.at('FORWARD', bench.packet(fragment(17, 8))).verdict).toBe('accept')
    expect(bench.at('FORWARD', bench.packet(fragment(6, 0))).verdict).toBe('drop')
  })

  it('rejects with the code asked for', () => {
    const bench = new RuleBench(filter('-A FORWARD -p tcp -j REJECT --reject-with tcp-reset', '-A FORWARD -j REJECT'))
    expect(bench.at('FORWARD', bench.packet(DNS)).state.reject).toEqual({ kind: 'icmp', code: 3 })
    const syn = tcpPacket('10.0.0.1:1', '10.0.0.2:2', 'S')
    expect(bench.at('FORWARD', bench.packet(syn)).state.reject).toEqual({ kind: 'tcp-reset' })
  })

  it('draws for statistic with the exact probability', () => {
    const bench = new RuleBench(filter('-A FORWARD -m statistic --mode random --probability 0.25 -j DROP'))
    const asked: unknown[] = []
    bench.sim.choices = {
      choose: (label, weights) => asked.push([label, weights]) * 0,
      sample: () => 0,
    }
    expect(bench.at('FORWARD', bench.packet(DNS)).verdict).toBe('drop')
    expect(asked).toEqual([['statistic filter FORWARD rule 1', [0.25, 0.75]]])
  })

  it('goes on alike in a copy', () => {
    const bench = new RuleBench(filter('-A FORWARD -m statistic --mode nth --every 2 --packet 0 -j DROP'))
    bench.at('FORWARD', bench.packet(DNS))
    const copy = cloneGraph(bench)
    expect(copy.at('FORWARD', copy.packet(DNS)).verdict).toBe('accept')
    expect(copy.at('FORWARD', copy.packet(DNS)).verdict).toBe('drop')
    expect(bench.iptables.counters('filter')[1]!.rules[0]!.packets).toBe(1)
  })
})

describe('matches that remember', () => {
  it('limit lets a burst through, then one an interval', () => {
    const bench = new RuleBench(
      filter('-A FORWARD -m limit --limit 1/sec --limit-burst 2 -j ACCEPT', '-A FORWARD -j DROP'),
    )
    const pass = (): string => bench.at('FORWARD', bench.packet(DNS)).verdict
    expect([pass(), pass(), pass()]).toEqual(['accept', 'accept', 'drop'])
    bench.sleep(999)
    expect(pass()).toBe('drop')
    bench.sleep(1)
    expect([pass(), pass()]).toEqual(['accept', 'drop'])
  })

  it('recent: rcheck with seconds and hitcount, update, remove', () => {
    const bench = new RuleBench(
      filter(
        '-A FORWARD -p udp --dport 1 -m recent --set --name l -j ACCEPT',
        '-A FORWARD -p udp --dport 2 -m recent --rcheck --seconds 10 --hitcount 2 --name l -j DROP',
        '-A FORWARD -p udp --dport 3 -m recent --remove --name l -j DROP',
        '-A FORWARD -p udp --dport 4 -m recent ! --rcheck --name l -j DROP',
      ),
    )
    const to = (port: number, from = '10.0.0.1'): string =>
      bench.at('FORWARD', bench.packet(udpPacket(`${from}:9`, `10.0.0.2:${port}`))).verdict
    expect([to(2), to(1), to(2), to(1), to(2)]).toEqual(['accept', 'accept', 'accept', 'accept', 'drop'])
    expect(to(2, '10.0.0.9')).toBe('accept')
    bench.sleep(10_001)
    expect([to(2), to(4)]).toEqual(['accept', 'accept'])
    expect(bench.iptables.recentLists()).toEqual([
      { name: 'l', text: 'src=10.0.0.1 ttl: 65 last_seen: 0 oldest_pkt: 2 0, 0\n' },
    ])
    expect([to(3), to(3), to(4)]).toEqual(['drop', 'accept', 'drop'])
    bench.iptables.restore(filter())
    expect(bench.iptables.recentLists()).toEqual([])
  })
})

describe('targets', () => {
  it('NAT targets decide what conntrack translates', () => {
    const bench = new RuleBench(
      section(
        'nat',
        '-A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.244.1.2:5353',
        '-A PREROUTING -p udp --dport 54 -j REDIRECT --to-ports 99',
        '-A PREROUTING -d 10.1.0.0/16 -j NETMAP --to 10.2.0.0/16',
        '-A POSTROUTING -p udp -j MASQUERADE',
      ),
    )
    const ends = (bytes: Uint8Array): string | undefined => {
      const { pkt } = bench.forward(bytes)
      const at = ipv4.headerLength(pkt.view, 0)
      return `${ipv4.source(pkt.view, 0).toString(16)} ${ipv4.destination(pkt.view, 0).toString(16)} ${pkt.view.getUint16(at + 2)}`
    }
    expect(ends(DNS)).toBe('c0000201 af40102 5353')
    expect(ends(udpPacket('10.0.0.1:1', '10.0.0.2:54'))).toBe('c0000201 c0000202 99')
    expect(ends(tcpPacket('10.0.0.1:1', '10.1.3.4:80', 'S'))).toBe('a000001 a020304 80')
  })

  it('conntrack runs only while a rule needs it', () => {
    const bench = new RuleBench(filter('-A FORWARD -j ACCEPT') + section('raw', '-A PREROUTING -j NOTRACK'))
    expect(bench.netfilter.tracks).toBe(false)
    bench.iptables.restore(filter('-A FORWARD -m state --state NEW'), { noflush: true })
    expect(bench.netfilter.tracks).toBe(true)
    bench.iptables.restore(filter())
    expect(bench.netfilter.tracks).toBe(false)
  })

  it('NOTRACK and CT --zone come before tracking', () => {
    const raw = section('raw', '-A PREROUTING -p udp -j NOTRACK', '-A PREROUTING -p tcp -j CT --zone 5')
    const bench = new RuleBench(raw + filter('-A FORWARD -m conntrack --ctstate UNTRACKED -j DROP'))
    expect(bench.forward(DNS).verdict).toBe('drop')
    const { pkt } = bench.forward(tcpPacket('10.0.0.1:1', '10.0.0.2:80', 'S'))
    expect(connectionOf(pkt)?.zone).toEqual({ id: 5, direction: 'both' })
  })

  it('MARK and CONNMARK compute as the kernel does, and say so', () => {
    const bench = new RuleBench(
      section(
        'mangle',
        '-A PREROUTING -j MARK --set-xmark 0x54/0xf',
        '-A PREROUTING -j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff',
        '-A PREROUTING -j MARK --set-mark 0xf00',
        '-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
      ),
    )
    const result = bench.at('PREROUTING', bench.packet(DNS))
    expect([result.pkt.mark, connectionOf(result.pkt)?.mark]).toEqual([0xf50, 0x50])
    expect(result.steps.flatMap((step) => (step.kind === 'rule' ? [step.effect] : []))).toEqual([
      'mark 0x0 -> 0x54',
      'connmark 0x0 -> 0x50',
      'mark 0x54 -> 0xf00',
      'mark 0xf00 -> 0xf50',
    ])
  })

  it('TCPMSS lowers the option, never raises it, adds a missing one, and keeps the checksum right', () => {
    const bench = new RuleBench(section('mangle', '-A FORWARD -p tcp --syn -j TCPMSS --set-mss 1400'))
    const through = (options: tcp.TcpOptions): number | null => {
      const syn = tcpPacket('10.0.0.1:1', '10.0.0.2:80', 'S', { options })
      const { pkt } = bench.at('FORWARD', bench.packet(syn))
      const source = ipv4.source(pkt.view, 0)
      const destination = ipv4.destination(pkt.view, 0)
      expect(ipv4.judge(pkt.bytes, pkt.view, 0)).toBeNull()
      expect(tcp.judge(pkt.bytes, pkt.view, 20, pkt.bytes.length, source, destination)).toBeNull()
      return tcp.mss(pkt.view, 20)
    }
    expect([through({ mss: 1460 }), through({ mss: 1000 }), through({})]).toEqual([1400, 1000, 536])
  })

  it('TRACE marks the packet; the walk log counts bare RETURNs as ends', () => {
    const bench = new RuleBench(
      section('raw', '-A PREROUTING -p icmp -j TRACE') + filter(':U -', '-A FORWARD -j U', '-A U -j RETURN'),
    )
    const { pkt, steps } = bench.forward(icmpPacket('10.0.0.1', '10.0.0.2', 8, 1))
    expect(pkt.nfTrace).toBe(true)
    expect(walkLog(steps)).toEqual([
      'raw:PREROUTING:rule:1',
      'raw:PREROUTING:policy:2',
      'filter:FORWARD:rule:1',
      'filter:U:return:1',
      'filter:FORWARD:policy:2',
    ])
  })

  it('SET adds and removes; a set in use cannot be destroyed', () => {
    const bench = new RuleBench(
      filter(
        '-A FORWARD -p udp --dport 53 -j SET --add-set s src',
        '-A FORWARD -p udp --dport 54 -j SET --del-set s src',
      ),
      'create s hash:ip timeout 100\n',
    )
    bench.at('FORWARD', bench.packet(DNS))
    expect(bench.sets.list()[0]).toMatchObject({ references: 2, elements: ['10.0.0.1'] })
    expect(issuesOf(() => bench.sets.restore('destroy s\n')).join()).toContain('in use')
    bench.at('FORWARD', bench.packet(udpPacket('10.0.0.1:1', '10.0.0.2:54')))
    expect(bench.sets.list()[0]!.elements).toEqual([])
    bench.iptables.restore(filter())
    bench.sets.restore('destroy s\n')
    expect(bench.sets.list()).toEqual([])
  })
})
