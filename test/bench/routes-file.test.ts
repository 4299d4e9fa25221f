import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { routesFile } from '../../gateway/schema.ts';
import { body } from './body.ts';
import * as files from './routes-file.ts';

const ports = { gateway: 8080, admin: 8081, legacy: 4000, service: 4101, store: '/tmp/figway.db' };

test.each([
  ['unclaimed', files.unclaimed(ports)],
  ['claimed', files.claimed(ports)],
  ['full edge', files.fullEdge(ports)],
  ['many routes', files.manyRoutes(ports, 120)],
  ['marked routes', files.markedRoutes(ports, 3, 'legacy')],
  ['big bodies', files.bigBodies(ports)],
  ['nothing compared', files.shadowed(ports, 0)],
  ['all compared', files.shadowed(ports, 100)],
])('the file for %s is what routes.yaml may hold', (_, text) => {
  expect(routesFile.safeParse(parse(text)).error).toBeUndefined();
});

test('ten thousand routes are ten thousand, and each of the thousand paths hits another', () => {
  const { routes } = parse(files.manyRoutes(ports, 10_000));
  expect(Object.keys(routes)).toHaveLength(10_000);
  const claimed = new Set(Object.values<{ match: string[] }>(routes).map(({ match }) => match[0]));
  const hit = files.pathsOver(10_000).map(path => `GET ${path.replace(/\d+$/, ':id')}`);
  expect(new Set(hit).size).toBe(1000);
  expect(hit.filter(match => !claimed.has(match))).toEqual([]);
});

test('the upstream answers exactly one kibibyte of JSON', () => {
  expect(Buffer.byteLength(body)).toBe(1024);
  expect(JSON.parse(body)).toMatchObject({ id: 42 });
});
