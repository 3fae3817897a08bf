/** How kinds of text look. Every member takes text and gives text; {@link plainStyle} gives it back unchanged. */
export interface Style {
  readonly title: (text: string) => string
  readonly place: (text: string) => string
  readonly label: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly change: (text: string) => string
}

const same = (text: string): string => text

/** No colour at all. */
export const plainStyle: Style = {
  title: same,
  place: same,
  label: same,
  dim: same,
  good: same,
  bad: same,
  warn: same,
  change: same,
}
