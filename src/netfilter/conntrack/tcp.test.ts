import { describe, expect, it } from 'vitest'
import { NetfilterRouter, type SegmentOptions, tcpPacket } from '../../../test/helpers/netfilter-router.js'

const CLIENT = '10.244.1.77:3333'
const SERVER = '10.244.2.99:80'

/** From client (`>`) or server (`<`), flags, numbers; then the state at FORWARD and the entry's state. */
type Line = [way: '>' | '<', flags: string, more: SegmentOptions, seen: string, tcpState: string]

/** Runs the lines; an INVALID packet is dropped by no rule here, but learns nothing either. */
function play(router: NetfilterRouter, lines: readonly Line[]): void {
  for (const [at, [way, flags, more, seen, tcpState]] of lines.entries()) {
    const bytes = way === '>' ? tcpPacket(CLIENT, SERVER, flags, more) : tcpPacket(SERVER, CLIENT, flags, more)
    expect([at, flags, router.stateOf(bytes)]).toEqual([at, flags, seen])
    expect([at, flags, router.entries()[0]?.tcp?.state ?? '-']).toEqual([at, flags, tcpState])
  }
}

describe('a TCP conversation, as a kernel tracked it', () => {
  const conversation: Line[] = [
    ['>', 'S', { seq: 1000 }, 'NEW', 'SYN_SENT'],
    ['>', 'S', { seq: 1000 }, 'NEW', 'SYN_SENT'],
    ['<', 'SA', { seq: 5000, ack: 1001 }, 'ESTABLISHED', 'SYN_RECV'],
    ['>', 'A', { seq: 1001, ack: 5001 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['>', 'PA', { seq: 1001, ack: 5001, payload: 10 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['<', 'A', { seq: 5001, ack: 1011 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['<', 'PA', { seq: 5001, ack: 1011, payload: 100 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['>', 'A', { seq: 1011, ack: 5101 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['>', 'PA', { seq: 1001, ack: 5101, payload: 10 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['>', 'A', { seq: 900000, ack: 5101 }, 'INVALID', 'ESTABLISHED'],
    ['>', 'A', { seq: 1011, ack: 900000 }, 'INVALID', 'ESTABLISHED'],
    ['>', 'A', { seq: 500, ack: 5101 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['<', 'R', { seq: 900000 }, 'INVALID', 'ESTABLISHED'],
    ['>', 'S', { seq: 1011 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['>', 'FA', { seq: 1011, ack: 5101 }, 'ESTABLISHED', 'FIN_WAIT'],
    ['<', 'A', { seq: 5101, ack: 1012 }, 'ESTABLISHED', 'CLOSE_WAIT'],
    ['<', 'PA', { seq: 5101, ack: 1012, payload: 50 }, 'ESTABLISHED', 'CLOSE_WAIT'],
    ['>', 'A', { seq: 1012, ack: 5151 }, 'ESTABLISHED', 'CLOSE_WAIT'],
    ['<', 'FA', { seq: 5151, ack: 1012 }, 'ESTABLISHED', 'LAST_ACK'],
    ['>', 'A', { seq: 1012, ack: 5152 }, 'ESTABLISHED', 'TIME_WAIT'],
    ['<', 'FA', { seq: 5151, ack: 1012 }, 'ESTABLISHED', 'TIME_WAIT'],
    ['>', 'S', { seq: 9000 }, 'NEW', 'SYN_SENT'],
    ['<', 'SA', { seq: 70000, ack: 9001 }, 'ESTABLISHED', 'SYN_RECV'],
    ['>', 'A', { seq: 9001, ack: 70001 }, 'ESTABLISHED', 'ESTABLISHED'],
    ['<', 'R', { seq: 70001 }, 'ESTABLISHED', 'CLOSE'],
    ['>', 'A', { seq: 9001, ack: 70001 }, 'ESTABLISHED', 'CLOSE'],
    ['<', 'A', { seq: 70001, ack: 9001 }, 'ESTABLISHED', 'CLOSE'],
  ]

  it('goes through the recorded states', () => {
    play(new NetfilterRouter(), conversation)
  })

  it('passes what is a little too early or too late, and does not believe it', () => {
    play(new NetfilterRouter(), [
      ['>', 'S', { seq: 1000, window: 65535 }, 'NEW', 'SYN_SENT'],
      ['<', 'SA', { seq: 5000, ack: 1001, window: 65535 }, 'ESTABLISHED', 'SYN_RECV'],
      ['>', 'A', { seq: 1001, ack: 5001, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'PA', { seq: 70000, ack: 5001, payload: 10, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'PA', { seq: 66400, ack: 5001, payload: 10, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'A', { seq: 5001, ack: 66411, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'PA', { seq: 5001, ack: 1001, payload: 10, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'A', { seq: 1001, ack: 5011, window: 65535 }, 'INVALID', 'ESTABLISHED'],
      ['>', 'S', { seq: 99, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'A', { seq: 5011, ack: 1001, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'R', { seq: 1000, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'R', { seq: 1001, window: 65535 }, 'ESTABLISHED', 'ESTABLISHED'],
    ])
  })

  it('is ASSURED once the handshake is complete', () => {
    const router = new NetfilterRouter()
    play(router, conversation.slice(0, 3))
    expect(router.entries()[0]!.assured).toBe(false)
    play(router, [conversation[3]!])
    expect(router.entries()[0]!.assured).toBe(true)
  })
})

describe('first segments', () => {
  it.each([
    ['S', 'NEW'],
    ['SA', 'INVALID'],
    ['A', 'NEW'],
    ['PA', 'NEW'],
    ['R', 'INVALID'],
    ['RA', 'INVALID'],
    ['FA', 'INVALID'],
    ['F', 'INVALID'],
    ['SF', 'INVALID'],
    ['SR', 'INVALID'],
    ['', 'INVALID'],
    ['SFRPAU', 'INVALID'],
  ])('%s is %s', (flags, state) => {
    expect(new NetfilterRouter().stateOf(tcpPacket(CLIENT, SERVER, flags, { seq: 100, ack: 5 }))).toBe(state)
  })

  it('a bare ACK is INVALID with tcp_loose 0', () => {
    const router = new NetfilterRouter()
    router.netfilter.conntrack.sysctls.tcpLoose = false
    expect(router.stateOf(tcpPacket(CLIENT, SERVER, 'A', { seq: 100, ack: 5 }))).toBe('INVALID')
  })

  it('a RST that answers the only segment destroys the entry', () => {
    const router = new NetfilterRouter()
    play(router, [
      ['>', 'A', { seq: 100, ack: 5 }, 'NEW', 'ESTABLISHED'],
      ['<', 'R', { seq: 5 }, 'ESTABLISHED', '-'],
      ['<', 'A', { seq: 5, ack: 100 }, 'NEW', 'ESTABLISHED'],
    ])
  })

  it('a refused SYN leaves no entry', () => {
    play(new NetfilterRouter(), [
      ['>', 'S', { seq: 100 }, 'NEW', 'SYN_SENT'],
      ['<', 'RA', { seq: 0, ack: 101 }, 'ESTABLISHED', '-'],
    ])
  })

  it('both ends may open at once', () => {
    play(new NetfilterRouter(), [
      ['>', 'S', { seq: 100 }, 'NEW', 'SYN_SENT'],
      ['<', 'S', { seq: 900 }, 'ESTABLISHED', 'SYN_SENT2'],
      ['>', 'SA', { seq: 100, ack: 901 }, 'ESTABLISHED', 'SYN_RECV'],
      ['<', 'A', { seq: 901, ack: 101 }, 'ESTABLISHED', 'ESTABLISHED'],
    ])
  })
})

describe('windows and timeouts', () => {
  const open: Line[] = [
    ['>', 'S', { seq: 100, window: 1000, options: { windowScale: 7 } }, 'NEW', 'SYN_SENT'],
    ['<', 'SA', { seq: 500, ack: 101, window: 1000, options: { windowScale: 7 } }, 'ESTABLISHED', 'SYN_RECV'],
    ['>', 'A', { seq: 101, ack: 501, window: 1000 }, 'ESTABLISHED', 'ESTABLISHED'],
  ]

  it('scales windows when both ends offered it', () => {
    const router = new NetfilterRouter()
    play(router, open)
    play(router, [['<', 'A', { seq: 100_000, ack: 101, payload: 100 }, 'ESTABLISHED', 'ESTABLISHED']])
    play(router, [['<', 'A', { seq: 500_000, ack: 101, payload: 100 }, 'INVALID', 'ESTABLISHED']])
  })

  it('does not scale when one end did not', () => {
    const router = new NetfilterRouter()
    play(router, [
      open[0]!,
      ['<', 'SA', { seq: 500, ack: 101, window: 1000 }, 'ESTABLISHED', 'SYN_RECV'],
      ['>', 'A', { seq: 101, ack: 501, window: 1000 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'A', { seq: 100_000, ack: 101, payload: 100 }, 'INVALID', 'ESTABLISHED'],
    ])
  })

  it('takes anything but resets outside the window with tcp_be_liberal', () => {
    const router = new NetfilterRouter()
    router.netfilter.conntrack.sysctls.tcpBeLiberal = true
    play(router, open)
    play(router, [['<', 'A', { seq: 500_000_000, ack: 101, payload: 100 }, 'ESTABLISHED', 'ESTABLISHED']])
  })

  it('keeps an established connection five days, a SYN two minutes', () => {
    const router = new NetfilterRouter()
    play(router, [open[0]!])
    router.sleep(119_999)
    expect(router.entries()).toHaveLength(1)
    router.sleep(1)
    expect(router.entries()).toHaveLength(0)
    play(router, open)
    router.sleep(5 * 24 * 3_600_000 - 1)
    expect(router.entries()).toHaveLength(1)
    router.sleep(1)
    expect(router.entries()).toHaveLength(0)
  })

  it('lets an acknowledgement that is far too old pass, but learns nothing from it', () => {
    const router = new NetfilterRouter()
    play(router, [
      ['>', 'S', { seq: 1000 }, 'NEW', 'SYN_SENT'],
      ['<', 'SA', { seq: 5000, ack: 1001 }, 'ESTABLISHED', 'SYN_RECV'],
      ['>', 'A', { seq: 1001, ack: 5001 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'PA', { seq: 5001, ack: 1001, payload: 60_000 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'A', { seq: 1001, ack: 65_001 }, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'PA', { seq: 65_001, ack: 1001, payload: 60_000 }, 'ESTABLISHED', 'ESTABLISHED'],
    ])
    const detailOf = (ack: number): unknown => {
      router.log.steps.length = 0
      router.forward(tcpPacket(CLIENT, SERVER, 'A', { seq: 1001, ack }))
      return router.log.steps.find((step) => step.kind === 'conntrack')
    }
    expect(detailOf(125_001 - 66_000)).toMatchObject({ action: 'found', detail: null })
    expect(detailOf(125_001 - 66_001)).toMatchObject({ action: 'found', detail: 'let through, state unchanged' })
  })

  it('two stray resets, one from each end, shorten the life of an established connection', () => {
    const router = new NetfilterRouter()
    play(router, open)
    play(router, [
      ['>', 'R', { seq: 500_000_000 }, 'INVALID', 'ESTABLISHED'],
      ['<', 'R', { seq: 500_000_000 }, 'INVALID', 'ESTABLISHED'],
    ])
    expect(router.entries()[0]!.expires - router.sim.queue.now).toBe(300_000)
  })

  it('a challenge ACK to a SYN in LAST_ACK does not count as the last one', () => {
    const router = new NetfilterRouter()
    play(router, open)
    play(router, [
      ['<', 'FA', { seq: 501, ack: 101 }, 'ESTABLISHED', 'FIN_WAIT'],
      ['>', 'FA', { seq: 101, ack: 502 }, 'ESTABLISHED', 'LAST_ACK'],
      ['>', 'S', { seq: 9000 }, 'ESTABLISHED', 'LAST_ACK'],
      ['<', 'A', { seq: 502, ack: 102 }, 'ESTABLISHED', 'LAST_ACK'],
      ['<', 'A', { seq: 502, ack: 102 }, 'ESTABLISHED', 'TIME_WAIT'],
    ])
  })

  it('does not renew the life of an unanswered SYN by retransmission', () => {
    const router = new NetfilterRouter()
    play(router, [open[0]!])
    router.sleep(60_000)
    play(router, [open[0]!])
    router.sleep(60_000)
    expect(router.entries()).toHaveLength(0)
  })
})
