import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from '../../../extracted-services/chassis/events/bus.ts';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { type BusPlace, openBusPlace } from '../../kit/buses.ts';

const script = 'extracted-services/chassis/events/dead-letters-command.ts';
let place: BusPlace;
let bus: Bus;
let given: string[];
let isBroken = true;

beforeEach(async () => {
  isBroken = true;
  given = [];
  place = await openBusPlace('embedded');
  bus = await place.open();
  for (const group of ['mail', 'search']) {
    const subscription = bus.subscribe({
      group,
      types: ['order.placed.v1'],
      attempts: 1,
      async handle({ id }) {
        given.push(`${group} ${id}`);
        if (isBroken) throw new Error('the post office is closed');
      },
    });
    await subscription.ready;
  }
});
afterEach(() => place[Symbol.asyncDispose]());

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, AMQP_URL: '', BUS_DATABASE: place.options.file ?? '' };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], { env });
    return { code: 0, out: stdout.trim(), err: stderr.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), err: stderr.trim() };
  }
}

async function publishTwo() {
  const events = ['order/1', 'order/2'].map(subject =>
    newEvent({ source: '/services/orders', type: 'order.placed.v1', subject, data: {} }),
  );
  for (const event of events) await bus.publish(event);
  await expect.poll(() => bus.deadLetters.list()).toHaveLength(4);
  return events.map(({ id }) => id);
}

describe('npm run estate -- dead-letters', () => {
  it('lists them with their reasons, all or of one group', async () => {
    expect(await run('list')).toEqual({ code: 0, out: 'no dead letters', err: '' });
    const [first = '', second = ''] = await publishTwo();
    expect((await run('list')).out.split('\n')).toHaveLength(4);
    const { out } = await run('list', 'mail');
    for (const id of [first, second]) {
      expect(out).toContain(` mail ${id} after 1 attempt: Error: the post office is closed`);
    }
    expect(out).not.toContain('search');
  });

  it('shows one with its body', async () => {
    const [first = ''] = await publishTwo();
    expect((await run('show', 'mail', first)).out).toMatch(/"subject":"order\/1"/);
    expect((await run('show', 'mail', 'nothing')).out).toBe('no dead letter nothing of mail');
  });

  it('gives one, or all, back to the group, which may be running meanwhile', async () => {
    const [first = ''] = await publishTwo();
    isBroken = false;
    given = [];
    expect((await run('replay', 'mail', first)).out).toBe('replayed 1');
    await expect.poll(() => given).toEqual([`mail ${first}`]);
    expect((await run('replay', 'search', 'all')).out).toBe('replayed 2');
    await expect.poll(() => given).toHaveLength(3);
  });

  it('drops them', async () => {
    await publishTwo();
    expect((await run('drop', 'mail', 'all')).out).toBe('dropped 2');
    expect(await bus.deadLetters.list('mail')).toEqual([]);
  });

  it.each([
    [[]],
    [['replay']],
    [['replay', 'mail']],
    [['drop', 'mail', 'all', 'more']],
    [['toString', 'a', 'b']],
  ])('answers %j with how it is used, and exit 2', async args => {
    expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringMatching(/^usage: /) });
  });
});

it('says in one line, without the password, what is wrong with the address of the bus', async () => {
  const env = { ...process.env, AMQP_URL: 'http://shop:secret@127.0.0.1' };
  await expect(promisify(execFile)(process.execPath, [script, 'list'], { env })).rejects.toMatchObject({
    code: 3,
    stderr: 'dead-letters: AMQP_URL: expected an address that begins with amqp:// or amqps://\n',
  });
});
