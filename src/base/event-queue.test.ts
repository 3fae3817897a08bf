import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cloneGraph } from './clone.js'
import { type Event, EventQueue } from './event-queue.js'

/** Notes its name and the time at which it fired. */
class Note implements Event {
  readonly log: string[]
  readonly queue: EventQueue
  readonly name: string

  constructor(log: string[], queue: EventQueue, name: string) {
    this.log = log
    this.queue = queue
    this.name = name
  }

  fire(): void {
    this.log.push(`${this.queue.now} ${this.name}`)
  }
}

/** Schedules `next` when it fires. */
class Then implements Event {
  readonly queue: EventQueue
  readonly delay: number
  readonly next: Event

  constructor(queue: EventQueue, delay: number, next: Event) {
    this.queue = queue
    this.delay = delay
    this.next = next
  }

  fire(): void {
    this.queue.schedule(this.delay, this.next)
  }
}

function setup(): { queue: EventQueue; log: string[]; note: (name: string) => Note } {
  const queue = new EventQueue()
  const log: string[] = []
  return { queue, log, note: (name) => new Note(log, queue, name) }
}

describe('order', () => {
  test('fires by time, equal times as scheduled', () => {
    const { queue, log, note } = setup()
    queue.schedule(20, note('c'))
    queue.schedule(10, note('a'))
    queue.schedule(10, note('b'))
    queue.runUntil(30)
    expect(log).toEqual(['10 a', '10 b', '20 c'])
    expect(queue.now).toBe(30)
  })

  test('an event due now fires after everything already due now', () => {
    const { queue, log, note } = setup()
    queue.schedule(5, new Then(queue, 0, note('late')))
    queue.schedule(5, note('early'))
    queue.runUntil(5)
    expect(log).toEqual(['5 early', '5 late'])
  })

  test('property: any delays fire in stable order of time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (delays) => {
        const { queue, log, note } = setup()
        delays.forEach((delay, i) => queue.schedule(delay, note(String(i))))
        queue.runUntil(50)
        const expected = delays.map((delay, i) => ({ delay, i })).sort((a, b) => a.delay - b.delay || a.i - b.i)
        expect(log).toEqual(expected.map(({ delay, i }) => `${delay} ${i}`))
      }),
    )
  })
})

describe('time', () => {
  test('settle fires what is due now and leaves the clock', () => {
    const { queue, log, note } = setup()
    queue.schedule(0, note('now'))
    queue.schedule(1, note('later'))
    queue.settle()
    expect(log).toEqual(['0 now'])
    expect(queue.now).toBe(0)
    expect(queue.nextAt).toBe(1)
  })

  test('runUntil includes its end and not beyond', () => {
    const { queue, log, note } = setup()
    queue.schedule(10, note('in'))
    queue.schedule(11, note('out'))
    queue.runUntil(10)
    expect(log).toEqual(['10 in'])
    expect(queue.nextAt).toBe(11)
  })

  test('runUntil the past does not turn the clock back', () => {
    const { queue } = setup()
    queue.runUntil(10)
    queue.runUntil(3)
    expect(queue.now).toBe(10)
  })

  test('an event may schedule within the run', () => {
    const { queue, log, note } = setup()
    queue.schedule(10, new Then(queue, 5, note('second')))
    queue.runUntil(15)
    expect(log).toEqual(['15 second'])
  })

  test('step goes to the next event, false when nothing is pending', () => {
    const { queue, log, note } = setup()
    queue.schedule(7, note('a'))
    queue.schedule(7, note('b'))
    expect(queue.step()).toBe(true)
    expect(log).toEqual(['7 a', '7 b'])
    expect(queue.step()).toBe(false)
    expect(queue.nextAt).toBeUndefined()
  })

  test('nextAt is now while something is due', () => {
    const { queue, note } = setup()
    queue.runUntil(4)
    queue.schedule(0, note('a'))
    expect(queue.nextAt).toBe(4)
  })
})

describe('our bugs', () => {
  test('a negative delay', () => {
    const { queue, note } = setup()
    expect(() => queue.schedule(-1, note('a'))).toThrow('kubehop bug: event scheduled -1 ms from now')
  })

  test('a loop at one instant', () => {
    const queue = new EventQueue()
    const loop: Event = { fire: () => queue.schedule(0, loop) }
    queue.schedule(0, loop)
    expect(() => queue.settle(100)).toThrow('more than 100 events at one instant')
  })
})

test('a copied queue keeps its pending events and runs apart from the original', () => {
  const { queue, log, note } = setup()
  queue.schedule(10, note('a'))
  const state = cloneGraph({ queue, log })
  state.queue.runUntil(10)
  expect(state.log).toEqual(['10 a'])
  expect(log).toEqual([])
  expect(queue.now).toBe(0)
})
