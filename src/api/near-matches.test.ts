import { describe, expect, it } from 'vitest'
import { didYouMean, nearMatches } from './near-matches.js'

describe('nearMatches', () => {
  it('finds typing errors: one letter off, swapped, missing, wrong case', () => {
    expect(nearMatches('selecter', ['selector', 'type', 'ports'])).toEqual(['selector'])
    expect(nearMatches('pots', ['ports', 'type'])).toEqual(['ports'])
    expect(nearMatches('clsuterIP', ['clusterIP', 'clusterIPs'])).toEqual(['clusterIP', 'clusterIPs'])
    expect(nearMatches('nodeport', ['NodePort', 'ClusterIP'])).toEqual(['NodePort'])
  })

  it('finds what a prefix begins', () => {
    expect(nearMatches('frontend', ['frontend-6d4b75cb6d-abcde', 'redis'])).toEqual(['frontend-6d4b75cb6d-abcde'])
  })

  it('gives nothing when nothing is near', () => {
    expect(nearMatches('web', ['database', 'cache'])).toEqual([])
    expect(didYouMean('web', ['database'])).toBeUndefined()
  })

  it('prints an instruction', () => {
    expect(didYouMean('Sevice', ['Service', 'Node'])).toBe('did you mean "Service"?')
  })
})
