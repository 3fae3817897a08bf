import { expect, test } from 'vitest'
import { Cluster } from '../../src/index.js'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: node-2
  containers: [{name: web, image: registry.example.org/web:1, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
`

const CLAMP = `*mangle
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
`

/** xt_TCPMSS (tcpmss_mangle_packet): min(MTU of the way on, MTU of the way back) − 40; a smaller MSS stays. */
test('TCPMSS --clamp-mss-to-pmtu takes the overlay’s MTU into account', () => {
  const cluster = Cluster.fromManifests(MANIFEST)
  cluster.node('node-1').iptablesRestore(CLAMP, { noflush: true })
  const [outcome] = cluster.trace({ from: 'external', to: 'node/node-1:30080' }).outcomes
  expect(outcome?.client.sees).toBe('connected')
  const effects = outcome?.conversation.map((packet) =>
    packet.hops.flatMap((hop) =>
      hop.steps.flatMap((step) => (step.kind === 'rule' && step.rule.includes('TCPMSS') ? [step.effect] : [])),
    ),
  )
  // The SYN announced 1460 for Ethernet and must pass flannel.1 (1450); the pod's SYN-ACK announces 1410 already.
  expect(effects?.flat()).toEqual(['mss 1460 -> 1410', null])
})
