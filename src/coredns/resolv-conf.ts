import { type InputIssue, InvalidInputError } from '../base/index.js'

/** One word of an `options` line: `ndots:5`, `rotate`. */
export interface ResolvOption {
  readonly name: string
  readonly value?: string
}

/** What a resolv.conf says (resolv.conf(5)). */
export interface ResolvConf {
  readonly nameservers: readonly string[]
  readonly search: readonly string[]
  readonly options: readonly ResolvOption[]
}

/**
 * Reads a node's resolv.conf as kubelet does (parseResolvConf): nameserver lines add up, the last `search` and the
 * last `options` win, dots at the end of search elements go, lines that begin with `#` are skipped, other lines
 * are ignored.
 * @throws InvalidInputError for `nameserver` lines without an address.
 */
export function parseResolvConf(text: string, file = 'resolv.conf'): ResolvConf {
  const nameservers: string[] = []
  const issues: InputIssue[] = []
  let search: string[] = []
  let options: ResolvOption[] = []
  text.split('\n').forEach((line, i) => {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (line.trim().startsWith('#')) return
    if (keyword === 'nameserver' && words[0] !== undefined) nameservers.push(words[0])
    else if (keyword === 'nameserver') issues.push(bareNameserver(file, i + 1))
    else if (keyword === 'search') search = words.map(withoutDots)
    else if (keyword === 'options') options = words.map(parseOption)
  })
  if (issues.length > 0) throw new InvalidInputError(issues)
  return { nameservers, search, options }
}

function bareNameserver(file: string, line: number): InputIssue {
  const position = { file, line, column: 1 }
  return { path: '', message: 'nameserver without an address', fix: 'give it an IP address', position }
}

/** The root itself stays a dot. */
function withoutDots(domain: string): string {
  return domain === '.' ? domain : domain.replace(/\.$/, '')
}

/** Reads `name` or `name:value`. */
function parseOption(word: string): ResolvOption {
  const colon = word.indexOf(':')
  return colon < 0 ? { name: word } : { name: word.slice(0, colon), value: word.slice(colon + 1) }
}

/** Prints the file in the order container runtimes write it: search, nameservers, options. */
export function printResolvConf(conf: ResolvConf): string {
  const options = conf.options.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`))
  const lines = [
    ...(conf.search.length > 0 ? [`search ${conf.search.join(' ')}`] : []),
    ...conf.nameservers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
