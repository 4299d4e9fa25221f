import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createChildren, inOneLine } from './children.ts';

test('of all that a process said, one line tells why, without the folders of this machine', () => {
  const crash = `file:///home/ann/figway/gateway/x.ts:3
import { a } from './b.ts';
^
SyntaxError: /home/ann/figway/gateway/b.ts has no a
    at ModuleJob.run (node:internal/modules/esm/module_job:561:5)`;
  expect(inOneLine(crash)).toBe('SyntaxError: b.ts has no a');
  expect(inOneLine('\nport in use\n')).toBe('port in use');
  expect(inOneLine('')).toBe('nothing');
});

test('no process and no file outlives the run', async () => {
  const children = createChildren();
  const child = children.spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  expect(child.isRunning()).toBe(true);
  children.close();
  await child.exited;
  expect(child.isRunning()).toBe(false);
  expect(existsSync(children.folder)).toBe(false);
});

test('a command that takes too long is ended', async () => {
  const children = createChildren();
  const { code, ms } = await children.run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 0.5);
  children.close();
  expect(code).toBe(1);
  expect(ms).toBeLessThan(5000);
});
