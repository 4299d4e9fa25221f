/** A consumer in a process of its own: `consumer-process.ts <bus options as JSON> <group> <quick|endless>`. */
import { openBus } from '../../extracted-services/chassis/events/bus.ts';

const [, , options = '{}', group = '', handling] = process.argv;
const bus = await openBus(JSON.parse(options));
const subscription = bus.subscribe({
  group,
  types: ['order.placed.v1'],
  prefetch: 2,
  async handle(event) {
    console.log(event.id);
    if (handling === 'endless') await new Promise(() => {});
  },
});
await subscription.ready;
console.log('ready');
// The bus alone does not keep a process alive.
setInterval(() => {}, 1000);
