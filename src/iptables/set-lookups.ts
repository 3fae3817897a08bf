import type { SetAddRequest, SetRequest, SetTestRequest } from '../ipset/index.js'
import type { Packet } from '../wire/index.js'

/** What rules ask of sets; the namespace's ipset registry answers. */
export interface SetLookups {
  has(name: string): boolean
  test(name: string, pkt: Packet, request: SetTestRequest): boolean
  addPacket(name: string, pkt: Packet, request: SetAddRequest): void
  deletePacket(name: string, pkt: Packet, request: SetRequest): void
  retain(name: string): void
  release(name: string): void
}
