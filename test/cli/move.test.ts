import { chmod, lstat, mkdir, readdir, realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Folder, openFolder, openStubAdmin } from '../kit/command-line.ts';
import { freePort } from '../kit/free-port.ts';
import { shop } from '../kit/routes-files.ts';

/** Nobody listens there, so the file is edited. */
const nowhere = async () => ({ FIGWAY_ADMIN_URL: `http://127.0.0.1:${await freePort()}` });

const act = async (folder: Folder, line: string) =>
  folder.figway([...line.split(' '), '--reason', 'because'], await nowhere());

describe('promote without a gateway', () => {
  it('changes one word of the file, keeps the comments, and shows the diff', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stdout } = await act(folder, 'promote orders-read');
    expect(code).toBe(0);
    expect(stdout).toContain('-    stage: legacy # see ADR 7\n+    stage: shadow # see ADR 7\n');
    expect(stdout).toContain('orders-read: legacy → shadow');
    expect(stdout).toContain('hand edit');
    expect(await folder.read('routes.yaml')).toBe(shop.replace('stage: legacy', 'stage: shadow'));
  });

  it('asks for --force where evidence is missing, says why, and exits with 2', async () => {
    const text = shop.replace('stage: legacy', 'stage: shadow');
    await using folder = await openFolder({ 'routes.yaml': text });
    const refused = await act(folder, 'promote orders-read --percent 5');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('orders-read: shadow to canary 5 % needs the verdict `ready`');
    expect(await folder.read('routes.yaml')).toBe(text);
    const forced = await act(folder, 'promote orders-read --percent 5 --force');
    expect(forced.code).toBe(0);
    expect(forced.stdout).toContain('orders-read: shadow → canary 5 %\nungated: ');
    expect(await folder.read('routes.yaml')).toContain(
      '    stage: canary # see ADR 7\n    by: [ip]\n    percent: 5\n',
    );
  });

  it('wants percent and by for canary', async () => {
    const text = shop.replace('stage: legacy', 'stage: shadow');
    await using folder = await openFolder({ 'routes.yaml': text });
    const noPercent = await act(folder, 'promote orders-read --force');
    expect(noPercent).toMatchObject({ code: 1, stdout: '' });
    expect(noPercent.stderr).toContain('orders-read needs `percent` in canary');
    await folder.write('routes.yaml', text.replace('    by: [ip]\n', ''));
    const noBy = await act(folder, 'promote orders-read --force --percent 5');
    expect(noBy.code).toBe(1);
    expect(noBy.stderr).toContain('orders-read needs `by` in canary');
  });

  it('goes one stage at a time', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stderr } = await act(folder, 'promote orders-read --to migrated --force');
    expect(code).toBe(1);
    expect(stderr).toContain('orders-read: from legacy the next stage is shadow, not migrated');
  });

  it('moves all routes of a cohort at once', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const percent = await act(folder, 'promote --cohort checkout --percent 25 --force');
    expect(percent.stdout).toContain('pay: canary 10 % → canary 25 %\ncart: canary 10 % → canary 25 %\n');
    expect(await folder.read('routes.yaml')).toBe(shop.replace('percent: 10', 'percent: 25'));
    await act(folder, 'promote --cohort checkout --force');
    expect((await folder.read('routes.yaml')).match(/stage: migrated/g)).toHaveLength(2);
  });

  it('leaves the percent of a cohort to --cohort', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stderr } = await act(folder, 'promote pay --percent 20 --force');
    expect(code).toBe(3);
    expect(stderr).toContain('the percent of pay is that of cohort checkout: use --cohort checkout');
  });

  it('edits a route where it stands, in an included file', async () => {
    const books =
      'owner: team-a\nroutes:\n  books:\n    match: [GET /books]\n    service: orders\n    stage: legacy\n';
    const main = shop.replace('monolith:', 'include: [routes.d/*.yaml]\nmonolith:');
    await using folder = await openFolder({ 'routes.yaml': main, 'routes.d/a.yaml': books });
    const { stdout } = await act(folder, 'promote books');
    expect(stdout).toContain('--- a/routes.d/a.yaml\n');
    expect(await folder.read('routes.d/a.yaml')).toBe(books.replace('stage: legacy', 'stage: shadow'));
    expect(await folder.read('routes.yaml')).toBe(main);
  });

  it('writes nothing if the loader would refuse the result', async () => {
    const text = shop
      .replace('- GET /orders\n', '- POST /orders\n')
      .replace('stage: legacy', 'stage: shadow');
    await using folder = await openFolder({ 'routes.yaml': text });
    const { code, stderr } = await act(folder, 'promote orders-read --percent 5 --force');
    expect(code).toBe(1);
    expect(stderr).toContain('say who owns the data');
    expect(stderr).toContain('routes.yaml would have 1 error after this edit; nothing is written');
    expect(await folder.read('routes.yaml')).toBe(text);
  });

  it('leaves a stage alone that the environment decides', async () => {
    const text = shop.replace('stage: legacy', 'stage: ${STAGE:-legacy}');
    await using folder = await openFolder({ 'routes.yaml': text });
    const { code, stderr } = await act(folder, 'promote orders-read');
    expect(code).toBe(1);
    expect(stderr).toContain('routes.orders-read.stage is ${STAGE:-legacy}, so the environment decides it');
  });

  it('follows a symbolic link, keeps the mode, and leaves no temporary file', async () => {
    await using folder = await openFolder({ 'real/shop.yaml': shop });
    await mkdir(join(folder.path, 'etc'));
    const link = join(folder.path, 'etc/routes.yaml');
    await symlink('../real/shop.yaml', link);
    await chmod(join(folder.path, 'real/shop.yaml'), 0o640);
    await act(folder, 'promote orders-read --config etc/routes.yaml');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await folder.read('real/shop.yaml')).toContain('stage: shadow');
    expect((await stat(link)).mode & 0o777).toBe(0o640);
    expect(await readdir(join(folder.path, 'real'))).toEqual(['shop.yaml']);
  });

  it('prints the patch alone and writes nothing with `moves: propose`', async () => {
    const text = shop.replace('monolith:', 'moves: propose\nmonolith:');
    await using folder = await openFolder({ 'routes.yaml': text });
    const { code, stdout, stderr } = await act(folder, 'promote orders-read');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^--- a\/routes\.yaml\n\+\+\+ b\/routes\.yaml\n@@ -\d+,7 \+\d+,7 @@\n/);
    expect(stderr).toContain('nothing is written');
    expect(await folder.read('routes.yaml')).toBe(text);
  });

  it('exits with 2 for a name that is not there, and suggests the nearest', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stderr } = await act(folder, 'promote order-read');
    expect(code).toBe(2);
    expect(stderr).toContain('routes.yaml has no route order-read, did you mean orders-read?');
  });

  it('needs a reason, also with --force', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stderr } = await folder.figway(['promote', 'orders-read', '--force']);
    expect(code).toBe(3);
    expect(stderr).toContain('--reason is mandatory');
  });
});

describe('rollback without a gateway', () => {
  it('goes to the stage before, or to any earlier one, without evidence', async () => {
    const text = shop.replace('stage: legacy', 'stage: migrated');
    await using folder = await openFolder({
      'routes.yaml': text.replace('by: [ip]', 'by: [ip]\n    percent: 5'),
    });
    expect((await act(folder, 'rollback orders-read')).stdout).toContain('migrated → canary 5 %');
    expect((await act(folder, 'rollback orders-read --to legacy')).stdout).toContain('canary 5 % → legacy');
    expect((await act(folder, 'rollback orders-read')).code).toBe(1);
  });

  it('lowers a percent, which promote refuses', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const refused = await act(folder, 'promote --cohort checkout --percent 1 --force');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('back is `figway rollback`');
    expect((await act(folder, 'rollback --cohort checkout --percent 1')).code).toBe(0);
    expect(await folder.read('routes.yaml')).toBe(shop.replace('percent: 10', 'percent: 1'));
  });

  it('wants --data-ack out of `data: service`', async () => {
    const text = shop.replace('stage: legacy', 'stage: migrated\n    data: service');
    await using folder = await openFolder({ 'routes.yaml': text });
    const refused = await act(folder, 'rollback orders-read --to shadow');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('orders-read has data: service');
    expect(await folder.read('routes.yaml')).toBe(text);
    const acknowledged = await act(folder, 'rollback orders-read --to shadow --data-ack');
    expect(acknowledged).toMatchObject({ code: 0 });
  });
});

describe('promote with a gateway', () => {
  const running = (file: string) => (request: { url: string }) =>
    request.url === '/api/status'
      ? ([200, { config: { file, hash: 'none' } }] as const)
      : ([200, { isDone: true }] as const);

  it('asks the gateway that runs the file, which records who and why', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    await using admin = await openStubAdmin(running(join(await realpath(folder.path), 'routes.yaml')));
    const env = { FIGWAY_ADMIN_URL: admin.url, FIGWAY_ADMIN_TOKEN: 't0k' };
    const words = ['promote', '--cohort', 'checkout', '--percent', '20', '--reason', 'r', '--force'];
    const { code, stdout } = await folder.figway(words, env);
    expect(code).toBe(0);
    expect(stdout).toContain('the gateway has made the move');
    expect(admin.seen.at(-1)).toEqual({
      method: 'POST',
      url: '/api/cohorts/checkout/stage',
      token: 'Bearer t0k',
      body: { stage: 'canary', percent: 20, reason: 'r', force: true },
    });
    expect(await folder.read('routes.yaml')).toBe(shop);
  });

  it('edits the file where the gateway runs another one, and says so', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    await using admin = await openStubAdmin(running('/elsewhere/routes.yaml'));
    const env = { FIGWAY_ADMIN_URL: admin.url };
    const { code, stderr } = await folder.figway(['promote', 'orders-read', '--reason', 'r'], env);
    expect(code).toBe(0);
    expect(stderr).toContain('runs another file (/elsewhere/routes.yaml)');
    expect(await folder.read('routes.yaml')).toContain('stage: shadow');
  });

  it('does not go round an admin port that refuses', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    await using admin = await openStubAdmin(() => [
      401,
      { code: 'token-missing', status: 401, title: 'Credentials are required', detail: 'a token is needed' },
    ]);
    const env = { FIGWAY_ADMIN_URL: admin.url };
    const { code, stderr } = await folder.figway(['promote', 'orders-read', '--reason', 'r'], env);
    expect(code).toBe(3);
    expect(stderr).toContain('a token is needed; --token or FIGWAY_ADMIN_TOKEN gives one');
    expect(await folder.read('routes.yaml')).toBe(shop);
  });
});
