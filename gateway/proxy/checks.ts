import { collide, parseAddress } from '../config/address.ts';
import { suggestion } from '../config/nearest.ts';
import type { Finding, KeyPath } from '../config/problem.ts';
import { checkTls } from '../config/tls.ts';
import { checkCredentials } from './credentials-checks.ts';
import type { ListenConfig, UpstreamConfig } from './schema.ts';

interface ProxyConfig {
  readonly monolith: string;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  readonly routes: Readonly<Record<string, { readonly service: string }>>;
}

const error = (code: string, path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code, path, message },
});

/** Every name of an upstream is one, and every upstream has an address that can be dialled. */
export function* checkUpstreams({ monolith, upstreams, routes }: ProxyConfig): Generator<Finding> {
  const names = Object.keys(upstreams);
  const expectUpstream = (name: string): string =>
    `expected the name of an upstream, got ${name}${suggestion(name, names)}`;
  if (!Object.hasOwn(upstreams, monolith))
    yield error('unknown-upstream', ['monolith'], expectUpstream(monolith));
  const used = new Set([monolith]);
  for (const [name, { service }] of Object.entries(routes)) {
    used.add(service);
    const path = ['routes', name, 'service'];
    if (!Object.hasOwn(upstreams, service)) yield error('unknown-upstream', path, expectUpstream(service));
    else if (service === monolith)
      yield error(
        'service-is-monolith',
        path,
        `expected an upstream other than the monolith, got ${service}: a route leads away from it`,
      );
  }
  for (const [name, upstream] of Object.entries(upstreams))
    yield* checkUpstream(name, upstream, name === monolith);
}

function* checkUpstream(name: string, upstream: UpstreamConfig, isMonolith: boolean): Generator<Finding> {
  const path = ['upstreams', name];
  const { url, urls, health } = upstream;
  if ((url === undefined) === (urls === undefined))
    yield error('url-or-urls', path, `expected exactly one of url and urls, got ${url ? 'both' : 'neither'}`);
  const origins = [
    ...(url === undefined ? [] : [[url, [...path, 'url']] as const]),
    ...(urls ?? []).map((origin, index) => [origin, [...path, 'urls', index]] as const),
  ];
  const seen = new Set<string>();
  for (const [origin, at] of origins) {
    if (!URL.canParse(origin))
      yield error('bad-value', at, `expected an address such as http://127.0.0.1:4000, got ${origin}`);
    if (seen.has(origin)) yield error('url-twice', at, `the instance ${origin} is named twice`);
    seen.add(origin);
  }
  if (health !== undefined && !/^\/[!-~]*$/.test(health))
    yield error('bad-value', [...path, 'health'], `expected a path such as /readyz, got ${health}`);
  if (upstream.tls !== undefined) yield* checkTls(upstream.tls, [...path, 'tls']);
  if (upstream.credentials !== undefined)
    yield* checkCredentials(upstream.credentials, [...path, 'credentials'], isMonolith);
  if (upstream.timeout === 0)
    yield error('bad-value', [...path, 'timeout'], 'expected more than nothing, got a timeout of 0');
}

interface Ports {
  readonly listen: ListenConfig;
  readonly admin: { readonly listen: string };
}

/** The two ports can be opened, and side by side; what one needs for TLS is sound. */
export function* checkListen({ listen, admin }: Ports): Generator<Finding> {
  if (listen.tls !== undefined) {
    const { cert, key, clientCa: ca } = listen.tls;
    yield* checkTls({ ca, cert, key }, ['listen', 'tls'], { ca: 'clientCa', cert: 'cert', key: 'key' });
  }
  const gateway = parseAddress(listen.gateway);
  const page = parseAddress(admin.listen);
  const expected = 'expected host:port with a port up to 65535, such as 127.0.0.1:8080 or "[::1]:8080"';
  if (gateway === undefined)
    yield error('bad-address', ['listen', 'gateway'], `${expected}, got ${listen.gateway}`);
  if (page === undefined) yield error('bad-address', ['admin', 'listen'], `${expected}, got ${admin.listen}`);
  if (gateway !== undefined && page !== undefined && collide(gateway, page))
    yield error(
      'same-address',
      ['admin', 'listen'],
      `expected another address than listen.gateway (${listen.gateway}), got ${admin.listen}`,
    );
}
