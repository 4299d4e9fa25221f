import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Children } from './children.ts';
import { findProgram, packageVersion, versionOf } from './machine.ts';
import { openScript, openServer, type Server } from './server.ts';
import { nginxConfig } from './upstream.ts';

/** Another proxy, or what bounds all of them, to be measured next to the gateway. */
export interface Peer {
  readonly name: string;
  /** Undefined where it is not installed. */
  readonly version: string | undefined;
  open(children: Children, upstream: number): Promise<Server>;
}

const role = 'proxy';

const script = (name: string, version: string, file: string): Peer => ({
  name,
  version,
  open: (children, upstream) => openScript(children, file, [upstream], { role }),
});

/** A program with a config file, one thread. */
function program(
  name: string,
  versionFlag: string,
  toConfig: (port: number, upstream: number, folder: string) => string,
  toArgs: (file: string, folder: string) => string[],
): Peer {
  const found = findProgram(name);
  return {
    name,
    version: found === undefined ? undefined : versionOf(found, versionFlag),
    open(children, upstream) {
      if (found === undefined) throw new Error(`${name} is not installed`);
      const file = path.join(children.folder, `peer-${name}.conf`);
      const write = (port: number): string[] => {
        writeFileSync(file, toConfig(port, upstream, children.folder));
        return toArgs(file, children.folder);
      };
      const env = { GOMAXPROCS: '1', XDG_DATA_HOME: children.folder, XDG_CONFIG_HOME: children.folder };
      return openServer(children, found, write, { role, env });
    },
  };
}

const nginxProxy = (port: number, upstream: number): string =>
  nginxConfig(`  upstream legacy { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://legacy; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`);

const haproxyProxy = (port: number, upstream: number): string => `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend legacy
backend legacy
  server legacy 127.0.0.1:${upstream}
`;

const caddyProxy = (port: number, upstream: number): string => `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream} {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`;

export const stock = 'http-proxy-middleware, stock';
export const ceiling = 'node:http answering itself';

export const peers: readonly Peer[] = [
  program('nginx', '-v', nginxProxy, (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr']),
  program('haproxy', '-v', haproxyProxy, file => ['-db', '-q', '-f', file]),
  script(ceiling, process.version, 'answering.ts'),
  program('caddy', 'version', caddyProxy, file => ['run', '--adapter', 'caddyfile', '--config', file]),
  script('bare node:http + pipe', process.version, 'bare-http.ts'),
  script('@fastify/http-proxy', packageVersion('@fastify/http-proxy'), 'fastify-http-proxy.ts'),
  script(stock, packageVersion('http-proxy-middleware'), 'http-proxy-middleware.ts'),
];
