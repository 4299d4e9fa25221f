import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { main, openFolder } from './kit/command-line.ts';
import { shop } from './kit/routes-files.ts';

const run = promisify(execFile);

/** Says on stderr, at the end, which of Node's own modules were loaded that take long. */
const tell = `data:text/javascript,process.once('exit', () => console.error(['http', 'internal/deps/undici/undici'].filter(name => process.moduleLoadList.includes('NativeModule ' + name)).join()))`;

it('figway check loads nothing of HTTP', async () => {
  await using folder = await openFolder({ 'routes.yaml': shop });
  const { stderr } = await run(process.execPath, ['--import', tell, main, 'check'], { cwd: folder.path });
  expect(stderr.trim()).toBe('');
});

it('figway start loads node:http without the undici of Node', async () => {
  const ports = 'listen: { gateway: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n';
  await using folder = await openFolder({
    'routes.yaml': `${ports}monolith: legacy\nupstreams: { legacy: { url: "http://127.0.0.1:9" } }\n`,
  });
  const child = spawn(process.execPath, ['--import', tell, main, 'start'], { cwd: folder.path });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text;
  });
  child.stdout.setEncoding('utf8').on('data', text => {
    if (text.includes('figway listens on')) child.kill('SIGTERM');
  });
  await once(child, 'close');
  expect(said.trim().split('\n').at(-1)).toBe('http');
});

it("what is spared is still there for who asks: node:http's own WebSocket", async () => {
  const code = `
    const { spareUndici } = await import('${new URL('../gateway/spare-undici.ts', import.meta.url)}');
    spareUndici();
    const http = await import('node:http');
    console.log(typeof http.default.WebSocket, typeof http.createServer);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  expect(stdout).toBe('function function\n');
});
