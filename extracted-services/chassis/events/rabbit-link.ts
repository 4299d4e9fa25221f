import { type Channel, type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib';
import type { BusSettings } from './bus.ts';
import { reasonOf } from './delivery.ts';

export type { Channel, Message } from 'amqplib';

/** Builds something on a channel of its own; `again` gives up the connection and builds on the next one. */
export type Builder = (channel: Channel, again: () => void) => Promise<void>;

/** A connection to RabbitMQ that comes back by itself, with what was built on it. */
export interface RabbitLink {
  /** Resolves when the broker has the message on disk, or at once if no queue wants it; rejects after 5 s without. */
  send(exchange: string, key: string, body: Buffer, options: Options.Publish): Promise<void>;
  /** A channel of its own, while there is a connection; the caller closes it. */
  channel(): Promise<Channel>;
  /** Calls `build` for each connection, this one and those to come, until what it returns is called. */
  onConnection(build: Builder): () => void;
  close(): Promise<void>;
}

/** Milliseconds that a message may wait for a connection, and again for its confirmation. */
const sendLimit = 5000;
const recovery = { initialDelay: 100, maxDelay: 5000, waitForConnect: false };

/** @param prepare declares what messages are sent to, before any is. */
export async function openRabbitLink(
  url: string,
  { onTrouble }: BusSettings,
  prepare: (channel: Channel) => Promise<void>,
): Promise<RabbitLink> {
  const builders = new Set<Builder>();
  let current: { readonly model: ChannelModel; readonly channel: ConfirmChannel } | undefined;
  let connected = Promise.withResolvers<void>();

  async function start(model: ChannelModel): Promise<void> {
    model.on('error', () => {});
    const channel = quiet(await model.createConfirmChannel());
    channel.on('close', () => giveUp(model));
    await prepare(channel);
    for (const builder of builders) await build(model, builder);
    current = { model, channel };
    connected.resolve();
  }

  async function build(model: ChannelModel, builder: Builder): Promise<void> {
    const channel = quiet(await model.createChannel());
    const again = (): void => {
      if (builders.has(builder)) giveUp(model);
    };
    channel.on('close', again);
    await builder(channel, again);
  }

  /** A channel's error comes to its calls as well, or with its `close`. */
  function quiet<Opened extends Channel>(channel: Opened): Opened {
    channel.on('error', error => onTrouble(`channel: ${reasonOf(error)}`));
    return channel;
  }

  const connection = await connect(withHeartbeat(url), {
    timeout: 5000,
    noDelay: true,
    recovery: { ...recovery, setup: start },
  });
  connection.on('error', () => {});
  connection.on('connect-failed', error => onTrouble(`broker: ${reasonOf(error)}`));
  connection.on('disconnect', error => {
    current = undefined;
    connected = Promise.withResolvers();
    onTrouble(`broker: ${reasonOf(error)}`);
  });

  async function whenConnected() {
    await within(sendLimit, connected.promise);
    if (!current) throw new Error('the connection to the broker is lost');
    return current;
  }

  return {
    async send(exchange, key, body, options) {
      const { channel } = await whenConnected();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const done = (error: unknown): void => (error ? reject(error) : resolve());
      channel.publish(exchange, key, body, { persistent: true, ...options }, done);
      await within(sendLimit, promise);
    },
    async channel() {
      const { model } = await whenConnected();
      return quiet(await model.createChannel());
    },
    onConnection(builder) {
      builders.add(builder);
      const { model } = current ?? {};
      if (model) {
        build(model, builder).catch(error => {
          onTrouble(`broker: ${reasonOf(error)}`);
          giveUp(model);
        });
      }
      return () => void builders.delete(builder);
    },
    close: () => connection.close(),
  };
}

/** Closes a connection so that the next one is made, with a delay; one that is closed stays closed. */
function giveUp(model: ChannelModel): void {
  Promise.resolve()
    .then(() => model.close())
    .catch(() => {});
}

/** Two silent heartbeats end a connection: 20 s, where the broker's own default is two minutes. */
function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', '10');
  return parsed.href;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the broker did not answer within ${ms} ms`)), ms);
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
