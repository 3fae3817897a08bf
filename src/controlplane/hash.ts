/** Letters and digits that Kubernetes uses in generated names: no vowels, nothing that looks like another. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** FNV-1a over the UTF-16 code units of a text, 32 bits. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The ten safe characters of a pod-template-hash for a template. Equal templates give equal hashes. */
export function templateHash(template: unknown): string {
  const digits = String(fnv1a32(canonicalJson(template))).padStart(10, '0')
  return [...digits].map((digit) => SAFE_ALPHABET[digit.charCodeAt(0) % SAFE_ALPHABET.length]).join('')
}

/** The five-character suffix of a generated name; `draw` gives a uniform integer below its argument. */
export function nameSuffix(draw: (n: number) => number): string {
  return Array.from({ length: 5 }, () => SAFE_ALPHABET[draw(SAFE_ALPHABET.length)]).join('')
}

/** JSON with sorted keys: equal content, equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
}
