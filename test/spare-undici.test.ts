import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { main, openFolder } from './kit/command-line.ts';
import { shop } from './kit/routes-files.ts';

const run = promisify(execFile);
const own = 'NativeModule internal/deps/undici/undici';
/** Says on stderr, at the end, whether Node's own undici was loaded. */
const tell = `data:text/javascript,process.once('exit', () => console.error(process.moduleLoadList.includes('${own}')))`;

it('figway check does not load the undici of Node', async () => {
  await using folder = await openFolder({ 'routes.yaml': shop });
  const { stderr } = await run(process.execPath, ['--import', tell, main, 'check'], { cwd: folder.path });
  expect(stderr).toBe('false\n');
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
