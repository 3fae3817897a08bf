import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../base/index.js'
import { parseQuestion, type TraceQuestion } from './request.js'

function issuesOf(question: TraceQuestion): string[] {
  try {
    parseQuestion(question)
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues.map((issue) => `${issue.path}: ${issue.message}`)
    throw error
  }
  return []
}

describe('parseQuestion', () => {
  test('fills in what was not said', () => {
    expect(parseQuestion({ from: 'pod/a', to: 'svc/b:80' })).toEqual({
      from: { kind: 'pod', namespace: null, name: 'a' },
      to: { kind: 'service', namespace: null, name: 'b' },
      protocol: null,
      sourcePort: null,
      destinationPort: 80,
      size: 0,
      df: false,
      ttl: null,
      namespace: 'default',
    })
  })

  test('takes protocol and ports from the endpoints', () => {
    const question = parseQuestion({ from: 'pod/a:5353', to: '8.8.8.8:53/udp' })
    expect(question).toMatchObject({ protocol: 'udp', sourcePort: 5353, destinationPort: 53 })
  })

  test('names every problem at once', () => {
    const question: TraceQuestion = {
      from: 'svc/web',
      to: 'ingress/x',
      protocol: 'gre' as 'tcp',
      sourcePort: 0,
      size: -1,
      ttl: 300,
      namespace: 'No',
    }
    expect(issuesOf(question)).toEqual([
      'to: "ingress" is not a kind of endpoint',
      'from: "svc/web" is a service; services send nothing',
      'protocol: "gre" is not a protocol',
      'sourcePort: 0 is out of range',
      'size: -1 is out of range',
      'ttl: 300 is out of range',
      'namespace: "No" is not a namespace name',
    ])
  })

  test('refuses contradictions', () => {
    expect(issuesOf({ from: 'pod/a', to: 'http://web:8080/', protocol: 'udp', destinationPort: 80 })).toEqual([
      'protocol: udp contradicts tcp in "http://web:8080/"',
      'destinationPort: 80 contradicts 8080 in "http://web:8080/"',
    ])
    expect(issuesOf({ from: 'pod/a', to: '10.0.0.1:80', protocol: 'icmp' })).toEqual(['to: icmp has no port 80'])
  })

  test('guesses what a bare source name meant', () => {
    expect(() => parseQuestion({ from: 'web-0', to: '10.0.0.1' })).toThrow('did you mean pod/web-0?')
  })
})
