import { upstreamOf, type Upstream } from '../coredns/index.js'
import { dns } from '../wire/index.js'

/** Country codes that are top-level domains (ISO 3166-1 alpha-2, and eu, uk, su, ac). */
const COUNTRIES =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw'
/** Generic top-level domains that manifests name. */
const GENERIC =
  'com net org edu gov mil int arpa info biz name pro aero coop museum mobi jobs travel tel cat asia post xxx app dev cloud page tech online site store shop blog xyz ai top club live life work works world agency company digital email host hosting network services solutions software systems support tools zone media news space website design studio games tv build run sh codes computer data engineering example test'

const TOP_LEVEL: ReadonlySet<string> = new Set(`${COUNTRIES} ${GENERIC}`.split(' '))

/**
 * What the outside world's DNS says: the hosts it was told of; NXDOMAIN for names whose top-level domain does not exist
 * (`web`, `web.default`), as the root servers say; null, which means unknown, for every other name.
 */
export function outsideNames(hosts: Readonly<Record<string, readonly string[]>>): Upstream {
  const known = upstreamOf(hosts)
  return (question) => {
    const answer = known(question)
    if (answer !== null) return answer
    const labels = question.name.replace(/\.$/, '').toLowerCase().split('.')
    const exists = labels.length > 1 && TOP_LEVEL.has(labels.at(-1)!)
    return exists ? null : { rcode: dns.RCODE.NXDOMAIN, answers: [] }
  }
}
