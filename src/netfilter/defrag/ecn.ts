const NOT_ECT = 1 << 0
const ECT_1 = 1 << 1
const ECT_0 = 1 << 2
const CE = 1 << 3

/**
 * ECN bits to add to the first fragment's when fragments are joined (RFC 3168 section 5.3; ip_frag_ecn_table).
 * @param seen one bit for each of the four values that occurred.
 * @returns null for a mixture that makes the datagram invalid.
 */
export function joinedEcn(seen: number): number | null {
  if ((seen & CE) !== 0) {
    if ((seen & NOT_ECT) !== 0) return null
    return (seen & (ECT_0 | ECT_1)) !== 0 ? 3 : 0
  }
  return (seen & NOT_ECT) !== 0 && (seen & (ECT_0 | ECT_1)) !== 0 ? null : 0
}
