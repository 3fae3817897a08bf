import type { ConntrackRef } from '../../wire/index.js'

/** Directions a zone number applies to (NF_CT_ZONE_DIR_*). */
export type ZoneDirection = 'both' | 'original' | 'reply'

/** struct nf_conntrack_zone. */
export interface Zone {
  readonly id: number
  readonly direction: ZoneDirection
}

/** Where everything is unless a rule says otherwise. */
export const DEFAULT_ZONE: Zone = Object.freeze({ id: 0, direction: 'both' })

/**
 * What the CT target leaves on a packet before tracking (a conntrack template): put it in `pkt.nfct` in the raw
 * table; {@link trackPacket} reads the zone from it and replaces it.
 */
export class ConntrackTemplate implements ConntrackRef {
  readonly id: number = 0
  readonly zone: Zone
  /** `--zone mark`: the packet's mark is the zone's number. */
  readonly zoneFromMark: boolean

  constructor(zone: Zone, zoneFromMark: boolean) {
    this.zone = zone
    this.zoneFromMark = zoneFromMark
  }
}

/** The zone's number in one direction (nf_ct_zone_id). */
export function zoneId(zone: Zone, direction: 'original' | 'reply'): number {
  return zone.direction === 'both' || zone.direction === direction ? zone.id : DEFAULT_ZONE.id
}
