import type { Ipv4, Mac } from '../addr/index.js'

/** FNV-1a over a text: stable device names and MAC addresses without a counter, so that one more pod moves nothing. */
export function hash32(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** Node's end of a pod's veth: docker writes 7 hex digits, the CNI bridge plugin 8. */
export function vethName(pod: string, bridge: 'docker0' | 'cni0'): string {
  const digits = hash32(pod).toString(16).padStart(8, '0')
  return `veth${bridge === 'docker0' ? digits.slice(0, 7) : digits}`
}

/** Docker's MAC of a container: 02:42 and the address. */
export function dockerMac(address: Ipv4): Mac {
  return 0x024200000000 + address
}

/** A locally administered MAC that depends on a text only. */
export function macOf(text: string, prefix = 0x02): Mac {
  return prefix * 0x100_0000_0000 + (hash32(`${text}/`) & 0xff) * 0x1_0000_0000 + hash32(text)
}

/** Network card of the n-th machine on the underlay (QEMU's prefix). */
export function cardMac(n: number): Mac {
  return 0x525400000000 + n
}

/** Namespace of a pod. */
export function podNetns(namespace: string, name: string): string {
  return `pod/${namespace}/${name}`
}
