import type { PacketRow } from './packet-row.js'

/**
 * Which TCP segments rows list: SYN, SYN-ACK, RST and the client's first ACK; every one while `all` is set. The first
 * ACK is the first bare ACK that follows a SYN the same way; it is known by its packet's number from then on.
 */
export class TcpFilter {
  all = false
  private readonly firstAcks: Set<number> = new Set()
  /** Places a SYN has passed, and whether its ACK has too. */
  private readonly places: Map<string, 'syn' | 'ack'> = new Map()

  /** A new step begins: handshakes do not reach across. */
  restart(all: boolean): void {
    this.all = all
    this.places.clear()
    this.firstAcks.clear()
  }

  /** Is the packet listed? `place` names the device and direction, or the hook. */
  lists(id: number, place: string, row: PacketRow): boolean {
    if (this.all || row.tcp === null) return true
    const { flags, source, destination } = row.tcp
    const key = `${place} ${source} ${destination}`
    if (flags === 'S') {
      this.places.set(key, 'syn')
      return true
    }
    if (flags.includes('S') || flags.includes('R')) return true
    return flags === 'A' && this.isFirstAck(id, key)
  }

  private isFirstAck(id: number, key: string): boolean {
    if (this.places.get(key) === 'syn') {
      this.firstAcks.add(id)
      this.places.set(key, 'ack')
    }
    return this.firstAcks.has(id)
  }
}
