import { refuse } from './fault.js'

/** One long option of an extension. */
export interface OptionSpec {
  /** The name the builder asks for. */
  readonly name: string
  readonly aliases?: readonly string[]
  /** How many arguments follow. */
  readonly args: 0 | 1 | 2
  /** May stand behind `!`. */
  readonly invert?: boolean
  /** May be given again; the last one counts. */
  readonly multi?: boolean
}

/** An option as given. */
export interface GivenOption {
  readonly name: string
  readonly values: readonly string[]
  readonly invert: boolean
}

/** The options given to one match or target, in order. */
export class Given {
  readonly options: GivenOption[] = []
  private readonly extension: string

  constructor(extension: string) {
    this.extension = extension
  }

  /** Adds an option; refuses a second one of its name, or an inverted one that cannot be. */
  add(spec: OptionSpec, values: readonly string[], invert: boolean): void {
    if (invert && spec.invert !== true) refuse(`${this.extension}: --${spec.name} cannot be inverted`)
    if (spec.multi !== true && this.has(spec.name)) refuse(`${this.extension}: --${spec.name} is given twice`)
    this.options.push({ name: spec.name, values, invert })
  }

  has(name: string): boolean {
    return this.options.some((option) => option.name === name)
  }

  get(name: string): GivenOption | undefined {
    return this.options.findLast((option) => option.name === name)
  }

  /** The one argument of an option, or null. */
  value(name: string): string | null {
    return this.get(name)?.values[0] ?? null
  }

  invert(name: string): boolean {
    return this.get(name)?.invert ?? false
  }

  /** The option, or a refusal. */
  need(name: string): GivenOption {
    return this.get(name) ?? refuse(`${this.extension}: --${name} is missing`)
  }

  /** Refuses two of these together; gives the one that is there. */
  oneOf(...names: readonly string[]): GivenOption | undefined {
    const given = this.options.filter((option) => names.includes(option.name))
    if (given.length > 1) refuse(`${this.extension}: --${given[0]!.name} and --${given[1]!.name} exclude each other`)
    return given[0]
  }
}

/** What a builder may know of the rule around it. */
export interface RuleHead {
  readonly protocol: { readonly protocol: number; readonly invert: boolean } | null
}

/** A match or target that is modelled: its options, and how they become a value. */
export interface Extension<T> {
  readonly name: string
  readonly options: readonly OptionSpec[]
  /** Builds the value, or refuses. */
  build(given: Given, head: RuleHead): T
}

/** Protocols whose packets have ports, as NAT targets and multiport see it. */
export const PORT_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [132, 'sctp'],
  [136, 'udplite'],
])
