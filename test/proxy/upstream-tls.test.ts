import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

/** A certificate of nobody's, for localhost and 127.0.0.1; it is its own authority. */
const cert = join(import.meta.dirname, 'files/localhost.pem');
const key = join(import.meta.dirname, 'files/localhost-key.pem');

it.each([
  ['an authority and a client certificate', { ca: cert, cert, key }, 200],
  ['no client certificate, though it asks for one', { ca: cert }, 502],
  ['no authority that vouches for it', { cert, key }, 502],
])('speaks TLS to an upstream with %s', async (_, tls, status) => {
  const pem = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(cert) };
  const server = createServer({ ...pem, requestCert: true, rejectUnauthorized: true }, echo('orders'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const name of ['localhost', '127.0.0.1']) {
    await using world = await openWorld(
      `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "https://${name}:${port}", tls: ${JSON.stringify(tls)} } }
routes: { orders: { match: [/orders/*], service: orders, stage: done, data: service } }
`,
      { legacy: echo('legacy') },
    );
    expect((await fetch(`${world.url}/orders/1`)).status).toBe(status);
  }
  server.closeAllConnections();
  server.close();
});
