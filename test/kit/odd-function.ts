/** A function that does what its event says, for tests of the runtime. */
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type {
  FunctionAnswer,
  FunctionContext,
  FunctionEvent,
} from '../../extracted-services/stamp-function/runtime/function.ts';

export async function handle(event: FunctionEvent, context: FunctionContext): Promise<FunctionAnswer> {
  const [what, file = ''] = Buffer.from(event.body, 'base64').toString().split(' ');
  const seen = { pid: process.pid, isCold: context.isCold, headers: event.headers, env: { ...process.env } };
  if (what === 'throw') throw new Error('at the secret place');
  if (what === 'exit') process.exit(7);
  if (what === 'spin') for (;;);
  if (what === 'nonsense') return 'nonsense' as unknown as FunctionAnswer;
  if (what === 'print') console.log('hello from inside');
  while (what === 'until' && !existsSync(file)) await setTimeout(5);
  return { status: 200, body: seen };
}
