import type { Clock, Millis } from './clock.js'
import { invariant } from './errors.js'

/** Something that happens at a time. An object, not a closure, so that a pending event survives {@link cloneGraph}. */
export interface Event {
  fire(): void
}

interface Entry {
  readonly at: Millis
  readonly order: number
  readonly event: Event
}

/**
 * The one time-ordered queue, and the virtual clock it drives. Events of equal time fire in the order they
 * were scheduled, like packets in one CPU's softirq backlog.
 */
export class EventQueue implements Clock {
  now: Millis = 0
  private heap: Entry[] = []
  private nextOrder = 0
  /** Events due now, first in first out: most packets take this path and never see the heap. */
  private ready: Event[] = []
  private readyHead = 0
  /** Processes that were woken: they run when no packet is under way any more, as user space does behind softirqs. */
  private woken: Event[] = []

  /** Schedules `event` to fire `delay` ms from now (0 = after everything already due now). */
  schedule(delay: Millis, event: Event): void {
    invariant(delay >= 0, `event scheduled ${delay} ms from now`)
    if (delay === 0) {
      this.ready.push(event)
      return
    }
    this.heap.push({ at: this.now + delay, order: this.nextOrder++, event })
    this.siftUp(this.heap.length - 1)
  }

  /** Wakes a process: `event` fires once everything else due now has. */
  wake(event: Event): void {
    this.woken.push(event)
  }

  /**
   * Fires the packets under way, from within an event or a process: what a system call that sends a packet sees happen
   * before it returns (local_bh_enable runs the softirqs). Woken processes wait.
   */
  settleNested(): void {
    for (let event = this.takeReady(); event !== undefined; event = this.takeReady()) event.fire()
  }

  /** Fires everything due now; time does not move. Throws (our bug) after `limit` events: a loop. */
  settle(limit = 1_000_000): void {
    let fired = 0
    for (;;) {
      const event = this.takeReady() ?? this.woken.shift()
      if (event === undefined) return
      event.fire()
      invariant(++fired <= limit, `more than ${limit} events at one instant`)
    }
  }

  /** Moves the clock to `until`, firing what falls due on the way, in order. */
  runUntil(until: Millis): void {
    this.settle()
    while (this.heap.length > 0 && this.heap[0]!.at <= until) this.step()
    if (until > this.now) this.now = until
  }

  /** Moves the clock to the next event and fires all due then. Gives false when nothing is pending. */
  step(): boolean {
    this.settle()
    const top = this.heap[0]
    if (top === undefined) return false
    this.now = top.at
    while (this.heap.length > 0 && this.heap[0]!.at <= this.now) this.ready.push(this.pop().event)
    this.settle()
    return true
  }

  /** Time of the next pending event, or undefined. */
  get nextAt(): Millis | undefined {
    if (this.readyHead < this.ready.length || this.woken.length > 0) return this.now
    return this.heap[0]?.at
  }

  private takeReady(): Event | undefined {
    if (this.readyHead < this.ready.length) {
      const event = this.ready[this.readyHead++]!
      if (this.readyHead === this.ready.length) {
        this.ready.length = 0
        this.readyHead = 0
      }
      return event
    }
    return undefined
  }

  private pop(): Entry {
    const top = this.heap[0]!
    const last = this.heap.pop()!
    if (this.heap.length > 0) {
      this.heap[0] = last
      this.siftDown(0)
    }
    return top
  }

  private before(i: number, j: number): boolean {
    const a = this.heap[i]!
    const b = this.heap[j]!
    return a.at < b.at || (a.at === b.at && a.order < b.order)
  }

  private swap(i: number, j: number): void {
    const a = this.heap[i]!
    this.heap[i] = this.heap[j]!
    this.heap[j] = a
  }

  private siftUp(start: number): void {
    let i = start
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!this.before(i, parent)) return
      this.swap(i, parent)
      i = parent
    }
  }

  private siftDown(start: number): void {
    let i = start
    for (;;) {
      const left = 2 * i + 1
      if (left >= this.heap.length) return
      const right = left + 1
      const least = right < this.heap.length && this.before(right, left) ? right : left
      if (!this.before(least, i)) return
      this.swap(i, least)
      i = least
    }
  }
}
