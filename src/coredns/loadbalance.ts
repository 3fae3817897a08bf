import type { Choices } from '../base/index.js'
import type { dns } from '../wire/index.js'

/**
 * Puts the records of each section in the order of CoreDNS' loadbalance plugin: CNAMEs, other types, addresses in
 * random order, MX in random order. Which address of the answer comes first, the one most clients take, is a
 * choice with equal weights; the order of the rest is sampled.
 */
export function loadbalance(reply: dns.Message, choices: Choices): dns.Message {
  return {
    ...reply,
    answers: inOrder(reply.answers, (records) => chooseFirst(records, choices)),
    authorities: inOrder(reply.authorities, (records) => shuffle(records, choices)),
    additionals: inOrder(reply.additionals, (records) => shuffle(records, choices)),
  }
}

type Reorder = (records: readonly dns.ResourceRecord[]) => readonly dns.ResourceRecord[]

function inOrder(records: readonly dns.ResourceRecord[], reorder: Reorder): dns.ResourceRecord[] {
  const group = (record: dns.ResourceRecord): number => {
    if (record.type === 'CNAME') return 0
    if (record.type === 'A' || record.type === 'AAAA') return 2
    return record.type === 'MX' ? 3 : 1
  }
  const inGroup = (wanted: number): dns.ResourceRecord[] => records.filter((record) => group(record) === wanted)
  return [...inGroup(0), ...inGroup(1), ...reorder(inGroup(2)), ...reorder(inGroup(3))]
}

function chooseFirst(records: readonly dns.ResourceRecord[], choices: Choices): readonly dns.ResourceRecord[] {
  const [sample] = records
  if (sample === undefined || records.length < 2) return records
  const weights = records.map(() => 1 / records.length)
  const first = choices.choose(`loadbalance ${sample.name} ${sample.type}`, weights)
  return [records[first]!, ...shuffle(records.toSpliced(first, 1), choices)]
}

function shuffle(records: readonly dns.ResourceRecord[], choices: Choices): readonly dns.ResourceRecord[] {
  const left = [...records]
  return records.map(() => left.splice(choices.sample(left.length), 1)[0]!)
}
