/** One refused line of ipset text; caught line by line and turned into an issue. */
export class SetFault extends Error {
  readonly fix: string | undefined

  constructor(message: string, fix?: string) {
    super(message)
    this.name = 'SetFault'
    this.fix = fix
  }
}

/** Refuses the line being read. */
export function refuse(message: string, fix?: string): never {
  throw new SetFault(message, fix)
}
