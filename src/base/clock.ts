/** Milliseconds of virtual time since the simulation began. */
export type Millis = number

/** Reads virtual time. */
export interface Clock {
  readonly now: Millis
}
