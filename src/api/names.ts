const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** What a DNS-1123 label must be, or undefined when `name` is one: names of namespaces, containers, ports, hosts. */
export function dns1123LabelProblem(name: string): string | undefined {
  if (LABEL.test(name) && name.length <= 63) return undefined
  return 'use at most 63 lower-case letters, digits and "-", with a letter or digit at both ends'
}

/** What a DNS-1035 label must be, or undefined when `name` is one: names of Services. */
export function dns1035LabelProblem(name: string): string | undefined {
  if (LABEL_1035.test(name) && name.length <= 63) return undefined
  return 'use at most 63 lower-case letters, digits and "-", beginning with a letter and ending with a letter or digit'
}

/** What a DNS-1123 subdomain must be, or undefined when `name` is one: names of most kinds. */
export function dns1123SubdomainProblem(name: string): string | undefined {
  if (SUBDOMAIN.test(name) && name.length <= 253) return undefined
  return 'use at most 253 lower-case letters, digits, "-" and ".", with a letter or digit at both ends of each part'
}

/** What the name of a container port must be (IANA service name, RFC 6335 section 5.1), or undefined when fine. */
export function portNameProblem(name: string): string | undefined {
  const fine = /^[a-z0-9-]{1,15}$/.test(name) && /[a-z]/.test(name) && !/^-|-$|--/.test(name)
  if (fine) return undefined
  return 'use 1 to 15 lower-case letters, digits and single "-", at least one of them a letter'
}

/** What a label or annotation key must be, or undefined when fine: an optional DNS prefix, `/`, a short name. */
export function labelKeyProblem(key: string): string | undefined {
  const slash = key.lastIndexOf('/')
  const prefix = key.slice(0, Math.max(slash, 0))
  const name = key.slice(slash + 1)
  const prefixFine = slash < 0 || dns1123SubdomainProblem(prefix) === undefined
  if (prefixFine && name.length <= 63 && QUALIFIED.test(name)) return undefined
  return 'use [DNS prefix/]NAME with a NAME of at most 63 letters, digits, "-", "_" and "."'
}

/** What a label value must be, or undefined when fine. */
export function labelValueProblem(value: string): string | undefined {
  if (value === '' || (value.length <= 63 && QUALIFIED.test(value))) return undefined
  return 'use at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends'
}
