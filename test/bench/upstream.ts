import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { body, respelled } from './body.ts';
import type { Children } from './children.ts';
import { findProgram } from './machine.ts';
import { openScript, openServer, type Server } from './server.ts';

const nginx = findProgram('nginx');

export const upstreamName =
  nginx === undefined ? 'node:http (nginx is not installed)' : 'nginx, a static answer';

/** What every nginx here has in common: one process in the foreground, no log, its files in the temp folder. */
export const nginxConfig = (http: string): string => `daemon off; master_process off; pid nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_timeout 1h; keepalive_requests 1000000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
${http}
}
`;

/** Answers each GET with the same JSON and `x-side: <name>`; `respelled` in other bytes. */
export function openUpstream(
  children: Children,
  name = 'upstream',
  spelling: 'plain' | 'respelled' = 'plain',
): Promise<Server> {
  if (nginx === undefined)
    return openScript(children, 'answering.ts', [name, spelling], { role: 'upstream' });
  const answer = spelling === 'plain' ? body : respelled;
  const file = path.join(children.folder, `upstream-${name}-${spelling}.conf`);
  const write = (port: number): string[] => {
    const location = `location / { default_type application/json; add_header x-side ${name}; return 200 '${answer}'; }`;
    writeFileSync(file, nginxConfig(`  server { listen 127.0.0.1:${port} backlog=4096; ${location} }`));
    return ['-p', children.folder, '-c', file, '-e', 'stderr'];
  };
  return openServer(children, nginx, write, { role: 'upstream' });
}
