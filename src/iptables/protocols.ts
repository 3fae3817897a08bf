/** IANA protocol numbers by the names of /etc/protocols, 0 left out: it means every protocol. */
const TABLE = `
icmp=1 igmp=2 ggp=3 ipencap=4 st=5 tcp=6 egp=8 igp=9 pup=12 udp=17 hmp=20 xns-idp=22 rdp=27 iso-tp4=29 dccp=33
xtp=36 ddp=37 idpr-cmtp=38 ipv6=41 ipv6-route=43 ipv6-frag=44 idrp=45 rsvp=46 gre=47 esp=50 ah=51 skip=57
ipv6-icmp=58 ipv6-nonxt=59 ipv6-opts=60 rspf=73 vmtp=81 eigrp=88 ospf=89 ax.25=93 ipip=94 etherip=97 encap=98
pim=103 ipcomp=108 vrrp=112 l2tp=115 isis=124 sctp=132 fc=133 mobility-header=135 udplite=136 mpls-in-ip=137
manet=138 hip=139 shim6=140 wesp=141 rohc=142 ethernet=143
`

const BY_NAME: ReadonlyMap<string, number> = new Map(
  TABLE.trim()
    .split(/\s+/)
    .map((entry) => {
      const [name, number] = entry.split('=') as [string, string]
      return [name, Number(number)]
    }),
)
const BY_NUMBER: ReadonlyMap<number, string> = new Map([...BY_NAME].map(([name, number]) => [number, name]))

/** Other names that iptables takes. */
const ALIASES: ReadonlyMap<string, number> = new Map([
  ['all', 0],
  ['ip', 0],
  ['icmpv6', 58],
  ['mh', 135],
])

/** Reads a protocol's name, either case, or its number 0 … 255; undefined for anything else. */
export function parseProtocol(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined
  const name = text.toLowerCase()
  return BY_NAME.get(name) ?? ALIASES.get(name)
}

/** The name iptables-save prints, or the number where there is none. */
export function printProtocol(number: number): string {
  return BY_NUMBER.get(number) ?? String(number)
}
