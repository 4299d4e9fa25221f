import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type FileWatch, watchFiles } from '../../gateway/config/watch.ts';
import { openFolder } from '../kit/files.ts';

const open: FileWatch[] = [];
afterEach(() => {
  for (const watcher of open.splice(0)) watcher.close();
});

/** Counts changes; `next` waits for one more than there were. */
function counting(files: readonly string[], poll = 60_000) {
  let count = 0;
  let wake = (): void => {};
  const watcher = watchFiles(
    files,
    () => {
      count++;
      wake();
    },
    { settle: 20, poll },
  );
  open.push(watcher);
  return {
    watcher,
    count: () => count,
    next: (from: number) =>
      new Promise<void>(resolve => {
        wake = () => count > from && resolve();
        wake();
      }),
  };
}

describe('watching', () => {
  it('notices a write in place, a rename over it, a deletion and a new file', async () => {
    await using folder = await openFolder({ 'routes.yaml': 'a: 1' });
    const file = folder.at('routes.yaml');
    const changes = counting([file]);
    await appendFile(file, '\n');
    await changes.next(0);
    await folder.write('routes.yaml.new', 'a: 2');
    await rename(folder.at('routes.yaml.new'), file);
    await changes.next(1);
    await rm(file);
    await changes.next(2);
    await writeFile(file, 'a: 3');
    await changes.next(3);
    expect(changes.count()).toBe(4);
  });

  it('notices the swap of a ConfigMap', async () => {
    await using folder = await openFolder({
      'v1/routes.yaml': 'a: 1',
      'v2/routes.yaml': 'a: 2',
      'v3/routes.yaml': 'a: 3',
    });
    await symlink('v1', folder.at('..data'));
    await symlink('..data/routes.yaml', folder.at('routes.yaml'));
    const changes = counting([folder.at('routes.yaml')]);
    for (const [index, version] of ['v2', 'v3'].entries()) {
      await symlink(version, folder.at('..data_tmp'));
      await rename(folder.at('..data_tmp'), folder.at('..data'));
      await changes.next(index);
    }
  });

  it('notices a write behind a symbolic link to another folder', async () => {
    await using folder = await openFolder({ 'real/routes.yaml': 'a: 1', 'shown/x': '' });
    await symlink('../real/routes.yaml', folder.at('shown/routes.yaml'));
    const changes = counting([folder.at('shown/routes.yaml')]);
    await folder.write('real/routes.yaml', 'a: 22');
    await changes.next(0);
  });

  it('notices a new file in a folder that it watches', async () => {
    await using folder = await openFolder({ 'teams/a.yaml': '' });
    const changes = counting([folder.at('teams')]);
    await folder.write('teams/b.yaml', '');
    await changes.next(0);
  });

  it('notices, by the poll, a folder that was deleted and made again', async () => {
    await using folder = await openFolder({ 'conf/routes.yaml': 'a: 1' });
    const changes = counting([folder.at('conf/routes.yaml')], 30);
    await rm(folder.at('conf'), { recursive: true });
    await changes.next(0);
    await mkdir(folder.at('conf'));
    await folder.write('conf/routes.yaml', 'a: 2');
    await changes.next(1);
    const before = changes.count();
    await folder.write('conf/routes.yaml', 'a: 33');
    await changes.next(before);
  });

  it('tells one change for a burst of writes, and none for a neighbour', async () => {
    await using folder = await openFolder({ 'routes.yaml': 'a: 1', other: '' });
    const changes = counting([folder.at('routes.yaml')]);
    await folder.write('other', 'x');
    for (let i = 0; i < 20; i++) await appendFile(folder.at('routes.yaml'), `# ${i}\n`);
    await changes.next(0);
    expect(changes.count()).toBe(1);
  });

  it('takes a new list, and keeps what it knew of files that stay', async () => {
    await using folder = await openFolder({ 'routes.yaml': 'a: 1', secret: 'x' });
    const changes = counting([folder.at('routes.yaml')]);
    await folder.write('routes.yaml', 'a: 22');
    changes.watcher.watch([folder.at('routes.yaml'), folder.at('secret')]);
    await changes.next(0);
    await folder.write('secret', 'yy');
    await changes.next(1);
  });
});
