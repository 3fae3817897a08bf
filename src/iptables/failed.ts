/** Which condition of a rule failed first: its header's by these numbers, its matches' from `FIRST_MATCH` on. */
export const FAILED = {
  NONE: -1,
  /** None failed, but one is not modelled. */
  UNKNOWN: -2,
  SOURCE: 0,
  DESTINATION: 1,
  IN: 2,
  OUT: 3,
  PROTOCOL: 4,
  FRAGMENT: 5,
  FIRST_MATCH: 6,
} as const
