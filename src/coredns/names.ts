/** Lower case of ASCII letters alone, as DNS compares names (RFC 4343). */
export function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** A domain name without its last dot; the root is empty. */
export function withoutRoot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** Whether `name` is `zone` or below it. Both in lower case, without the last dot. */
export function isInZone(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`)
}

/** The longest of `zones` that holds `name`, letter case ignored; undefined when none does. */
export function longestZone(name: string, zones: readonly string[]): string | undefined {
  const lower = lowerCase(name)
  return zones
    .filter((zone) => isInZone(lower, lowerCase(zone)))
    .reduce<string | undefined>(
      (best, zone) => (best === undefined || zone.length > best.length ? zone : best),
      undefined,
    )
}

/** Labels of `name` in front of `zone`, left to right. */
export function labelsBelow(name: string, zone: string): string[] {
  const base = name.length === zone.length ? '' : name.slice(0, name.length - zone.length - 1)
  return base === '' ? [] : base.split('.')
}
