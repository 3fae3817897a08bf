/** What a manifest of many services is made of. */
export interface Scale {
  readonly services: number
  /** Pods of each. */
  readonly replicas: number
}

/** `services` services, s0 to s(n−1), on port 80, each in front of a Deployment of its name; and the pod `client`. */
export function manifestOf({ services, replicas }: Scale): string {
  const client = `apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: client, image: busybox }] }
`
  return [client, ...Array.from({ length: services }, (_, i) => application(`s${i}`, replicas))].join('---\n')
}

function application(name: string, replicas: number): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  selector: { app: ${name} }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: server, image: nginx, ports: [{ containerPort: 8080 }] }] }
`
}
