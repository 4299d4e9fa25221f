import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { PreviewGiven } from '../../gateway/admin/deps.ts';
import { makeToken, openAdminApp } from '../kit/admin.ts';

const viewer = makeToken('vera', 'viewer');
const operator = makeToken('olga', 'operator', ['orders-*']);
const tokens = [viewer.entry, operator.entry];

describe('POST /api/preview', () => {
  it('is for operators, since a file that is asked about names other files', async () => {
    using opened = openAdminApp({ settings: () => ({ tokens, hosts: [] }) });
    const ask = (header: string) =>
      request(opened.app).post('/api/preview').set('authorization', header).send({});
    expect((await ask(viewer.header)).status).toBe(403);
    expect((await ask(operator.header)).status).toBe(200);
  });

  it('takes 8 MiB, where other calls take 16 KiB', async () => {
    const given: PreviewGiven[] = [];
    using opened = openAdminApp({
      preview: async one => {
        given.push(one);
        return { since: 0, preview: undefined, problems: ['x'], notes: [] };
      },
    });
    const text = 'x'.repeat(3 * 1024 * 1024);
    const { body } = await request(opened.app).post('/api/preview').send({ text }).expect(200);
    expect(body).toMatchObject({
      since: '1970-01-01T00:00:00.000Z',
      requests: 0,
      templates: [],
      problems: ['x'],
    });
    expect(given).toEqual([{ text, files: undefined }]);
    const files = Array.from({ length: 4 }, (_, at) => ({ file: `${at}.yaml`, text }));
    const tooLarge = await request(opened.app).post('/api/preview').send({ files }).expect(413);
    expect(tooLarge.body.detail).toBe('a body here is at most 8388608 bytes');
    await request(opened.app).post('/api/hold').send({ reason: text }).expect(413);
  });

  it.each([
    { text: 'x', files: [{ file: 'a', text: 'b' }] },
    { files: [] },
    { files: [{ file: 'a' }] },
    { files: [{ file: 'a\0', text: '' }] },
    { files: [{ file: 'a', text: '', more: 1 }] },
    { text: '' },
    { path: 'x' },
  ])('refuses %j', async body => {
    using opened = openAdminApp();
    await request(opened.app).post('/api/preview').send(body).expect(400);
  });

  it('runs two at once, and no more', async () => {
    let finish = (): void => {};
    const waiting = new Promise<void>(resolve => {
      finish = resolve;
    });
    let begun = 0;
    using opened = openAdminApp({
      preview: async () => {
        begun += 1;
        await waiting;
        return { since: 0, preview: undefined, problems: [], notes: [] };
      },
    });
    const ask = () => request(opened.app).post('/api/preview').send({});
    const both = Promise.all([ask(), ask()]);
    await expect.poll(() => begun).toBe(2);
    const third = await ask();
    expect([third.status, third.body.code]).toEqual([503, 'too-many-previews']);
    finish();
    expect((await both).map(({ status }) => status)).toEqual([200, 200]);
    await ask().expect(200);
  });
});
