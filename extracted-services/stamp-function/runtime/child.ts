/** The process of an instance: loads the handler that its argument names, says that it is ready, and answers events. */
import { pathToFileURL } from 'node:url';
import type { Handler, Invocation, Report } from './function.ts';

const report = (message: Report): void => void process.send?.(message);

const loaded: unknown = await import(pathToFileURL(process.argv[2] ?? '').href);
if (!hasHandler(loaded)) throw new TypeError(`${process.argv[2]} exports no function named handle`);
const { handle } = loaded;

process.on('message', async ({ event, context }: Invocation) => {
  try {
    report({ kind: 'answer', answer: await handle(event, context) });
  } catch (error) {
    report({ kind: 'failed', detail: error instanceof Error ? String(error.stack) : String(error) });
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
report({ kind: 'ready' });

function hasHandler(module: unknown): module is { handle: Handler } {
  return (
    typeof module === 'object' && module !== null && 'handle' in module && typeof module.handle === 'function'
  );
}
