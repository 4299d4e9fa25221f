import { expect, it } from 'vitest';
import { createInstances } from '../../gateway/proxy/instances.ts';
import type { Transport } from '../../gateway/proxy/transport.ts';
import type { AttemptEnd, Instance } from '../../gateway/proxy/upstream.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const transport: Transport = {
  dispatch: () => expect.fail('nothing is sent here'),
  openConnections: () => 0,
  close: async () => {},
};

function openInstances(count: number) {
  const clock = createManualClock();
  const changes: string[] = [];
  const all: Instance[] = Array.from({ length: count }, (_, i) => ({
    origin: `http://127.0.0.1:${i}`,
    authority: `127.0.0.1:${i}`,
    transport,
  }));
  const instances = createInstances(all, clock, (change, instance, reason) =>
    changes.push(`${change} ${all.indexOf(instance)}: ${reason}`),
  );
  const number = (instance: Instance) => all.indexOf(instance);
  const take = (avoid?: number) => number(instances.take(avoid === undefined ? undefined : all[avoid]));
  const give = (index: number, end: AttemptEnd = 'good') => instances.give(at(index), end);
  const at = (index: number): Instance => all[index] ?? expect.fail(`no instance ${index}`);
  const fail = (index: number, times: number) => {
    for (let i = 0; i < times; i++) {
      while (take() !== index);
      give(index, 'bad');
    }
  };
  return { clock, changes, instances, take, give, at, fail };
}

it('takes turns while all have the same in flight', () => {
  const { take, give } = openInstances(3);
  const turns = Array.from({ length: 6 }, () => {
    const index = take();
    give(index);
    return index;
  });
  expect(turns).toEqual([0, 1, 2, 0, 1, 2]);
});

it('asks the one with the least in flight', () => {
  const { take, give } = openInstances(3);
  for (let i = 0; i < 9; i++) take();
  give(1);
  give(1);
  give(2);
  expect([take(), take(), take()].toSorted()).toEqual([1, 1, 2]);
});

it('avoids the instance that was just seen to fail, unless there is no other', () => {
  const two = openInstances(2);
  for (let i = 0; i < 10; i++) expect(two.take(0)).toBe(1);
  const one = openInstances(1);
  expect(one.take(0)).toBe(0);
});

it('takes out an instance that its probe speaks against, and brings it back', () => {
  const { instances, take, at, changes } = openInstances(2);
  instances.testify(at(0), 'probe', 'GET /readyz answered 503');
  expect(Array.from({ length: 5 }, () => take())).toEqual([1, 1, 1, 1, 1]);
  expect(instances.status()[0]).toEqual({
    origin: 'http://127.0.0.1:0',
    isHealthy: false,
    why: 'GET /readyz answered 503',
  });
  instances.testify(at(0), 'probe', undefined);
  expect(take()).toBe(0);
  expect(changes).toEqual([
    'instance-ejected 0: GET /readyz answered 503',
    'instance-restored 0: healthy again',
  ]);
});

it('never takes out the last instance, until another is back', () => {
  const { instances, take, at, changes } = openInstances(2);
  instances.testify(at(0), 'probe', 'dead');
  instances.testify(at(1), 'probe', 'dead too');
  expect([take(), take()]).toEqual([1, 1]);
  expect(instances.status()[1]).toMatchObject({
    isHealthy: false,
    why: 'dead too; still asked, since it is the last one',
  });
  instances.testify(at(0), 'probe', undefined);
  expect([take(), take()]).toEqual([0, 0]);
  expect(changes.map(change => change.split(':')[0])).toEqual([
    'instance-ejected 0',
    'instance-restored 0',
    'instance-ejected 1',
  ]);
});

it('gives an instance that fails five times in a row a rest of 10 s', () => {
  const { clock, take, fail, changes } = openInstances(2);
  fail(0, 5);
  expect(Array.from({ length: 5 }, () => take())).toEqual([1, 1, 1, 1, 1]);
  clock.advance(9999);
  expect(take()).toBe(1);
  clock.advance(1);
  expect(take()).toBe(0);
  expect(changes).toEqual(['instance-ejected 0: 5 failures in a row', 'instance-restored 0: healthy again']);
});

it('forgets a streak of failures at the first good answer, not at a client that goes away', () => {
  const { take, give, fail, changes } = openInstances(2);
  const end = (how: AttemptEnd) => {
    while (take() !== 0);
    give(0, how);
  };
  fail(0, 4);
  end('good');
  fail(0, 4);
  end('unknown');
  expect(changes).toEqual([]);
  end('bad');
  expect(changes).toEqual(['instance-ejected 0: 5 failures in a row']);
});

it('leaves no timer behind', () => {
  const { clock, instances, fail } = openInstances(2);
  fail(0, 5);
  expect(clock.pending()).toBe(1);
  instances.close();
  expect(clock.pending()).toBe(0);
});
