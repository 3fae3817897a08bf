import benny from 'benny'
import { type Event, EventQueue } from '../../src/base/index.js'

const EVENTS = 1000

class Count implements Event {
  fired = 0

  fire(): void {
    this.fired++
  }
}

function runAll(queue: EventQueue, count: Count): void {
  queue.runUntil(queue.now + EVENTS)
  if (count.fired !== EVENTS) throw new Error(`${count.fired} of ${EVENTS} events fired`)
}

/** One operation is a thousand events, scheduled and fired. */
export default function eventQueue(): Promise<unknown> {
  return benny.suite(
    `event queue, ${EVENTS} events`,
    benny.add('due now (the way of most packets)', () => {
      const queue = new EventQueue()
      const count = new Count()
      for (let i = 0; i < EVENTS; i++) queue.schedule(0, count)
      runAll(queue, count)
    }),
    benny.add('timers in rising order', () => {
      const queue = new EventQueue()
      const count = new Count()
      for (let i = 0; i < EVENTS; i++) queue.schedule(i + 1, count)
      runAll(queue, count)
    }),
    benny.add('timers in scattered order', () => {
      const queue = new EventQueue()
      const count = new Count()
      for (let i = 0; i < EVENTS; i++) queue.schedule(((i * 7919) % EVENTS) + 1, count)
      runAll(queue, count)
    }),
    benny.cycle(),
    benny.complete(),
  )
}
