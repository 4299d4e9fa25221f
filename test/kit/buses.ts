import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect } from 'amqplib';
import { type Bus, type BusOptions, openBus } from '../../extracted-services/chassis/events/bus.ts';
import { isListening } from './databases.ts';

const broker = 'amqp://guest:guest@127.0.0.1:5672';
export const brokerPort = 5672;

/** Whether tests that need RabbitMQ are skipped: with FIGWAY_REQUIRE_SERVICES=1 they run, and fail without it. */
export const isRabbitMissing =
  process.env.FIGWAY_REQUIRE_SERVICES !== '1' && !(await isListening(brokerPort));

/** A place for a bus of a test's own, gone after use with all that was opened on it. */
export interface BusPlace extends AsyncDisposable {
  readonly options: Pick<BusOptions, 'amqpUrl' | 'file' | 'prefix'>;
  /** A bus as another process would have it. */
  open(more?: Partial<BusOptions>): Promise<Bus>;
  /** A consumer in a process of its own. */
  startConsumer(group: string, handling: 'quick' | 'endless'): Promise<Consumer>;
  /** Something that is no event comes to a group that wants `order.placed.v1`. */
  inject(group: string, text: string): Promise<void>;
}

export interface Consumer {
  readonly child: ChildProcess;
  /** Ids of the events that its handler was given, so far. */
  readonly given: readonly string[];
  kill(): Promise<void>;
}

export const busKinds = [
  { kind: 'embedded', isMissing: false },
  { kind: 'rabbit', isMissing: isRabbitMissing },
] as const;

export async function openBusPlace(kind: 'embedded' | 'rabbit'): Promise<BusPlace> {
  const place = await (kind === 'embedded' ? openFilePlace() : openBrokerPlace());
  const buses: Bus[] = [];
  const consumers: Consumer[] = [];
  return {
    ...place,
    async open(more = {}) {
      const bus = await openBus({ ...place.options, ...more });
      buses.push(bus);
      return bus;
    },
    async startConsumer(group, handling) {
      const consumer = await startConsumer(place.options, group, handling);
      consumers.push(consumer);
      return consumer;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(consumers.map(consumer => consumer.kill()));
      await Promise.all(buses.map(bus => bus.close()));
      await place.remove();
    },
  };
}

interface Place extends Pick<BusPlace, 'options' | 'inject'> {
  remove(): Promise<void>;
}

async function openFilePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'figway-bus-'));
  const file = join(folder, 'bus.db');
  return {
    options: { file },
    async inject(group, text) {
      const sqlite = new DatabaseSync(file, { timeout: 5000 });
      sqlite
        .prepare(`INSERT INTO deliveries (group_name, id, subject, body, due_at) VALUES (?, 'odd', '', ?, 0)`)
        .run(group, text);
      sqlite.close();
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openBrokerPlace(): Promise<Place> {
  const prefix = `figway-test-${randomBytes(6).toString('hex')}`;
  const channelOf = async () => {
    const connection = await connect(broker);
    return { connection, channel: await connection.createConfirmChannel() };
  };
  return {
    options: { amqpUrl: broker, prefix },
    async inject(group, text) {
      const { connection, channel } = await channelOf();
      channel.sendToQueue(`${prefix}.group.${group}`, Buffer.from(text));
      await channel.waitForConfirms();
      await connection.close();
    },
    async remove() {
      const { connection, channel } = await channelOf();
      for (const group of groups) await channel.deleteQueue(`${prefix}.group.${group}`);
      await channel.deleteQueue(`${prefix}.dead-letters`);
      for (const name of ['events', 'dead-letters']) await channel.deleteExchange(`${prefix}.${name}`);
      await connection.close();
    },
  };
}

/** What groups tests may call theirs: the broker does not list what is to be deleted. */
const groups = ['mail', 'search', 'notifications', 'payments', 'orders', 'products', 'users'];

async function startConsumer(
  options: BusPlace['options'],
  group: string,
  handling: string,
): Promise<Consumer> {
  const script = join(import.meta.dirname, 'consumer-process.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(options), group, handling], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const given: string[] = [];
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) line === 'ready' ? resolve() : given.push(line);
    });
    child.once('exit', code => reject(new Error(`the consumer ended with ${code}`)));
  });
  return {
    child,
    given,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
