import { type Choices, EventQueue } from '../base/index.js'
import type { TraceSink } from './sink.js'

/**
 * What every part of one simulated world shares: the event queue (and with it virtual time), the source of
 * choices, the trace sink and the packet counter. `choices` and `trace` are swapped between runs; state owners
 * keep a reference to the simulation, never to those two.
 */
export class Simulation {
  readonly queue: EventQueue = new EventQueue()
  choices: Choices
  trace: TraceSink | null = null
  private packets = 0

  constructor(choices: Choices) {
    this.choices = choices
  }

  /** Number for a new packet, from 1. */
  nextPacketId(): number {
    return ++this.packets
  }
}
