import type { Readable } from 'node:stream';

/** What a stream has said so far, and how to wait for more of it. */
export function reads(stream: Readable): { until(text: string): Promise<string> } {
  let said = '';
  let wake = () => {};
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    wake();
  });
  stream.on('error', () => {});
  return {
    async until(text) {
      while (!said.includes(text))
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      return said;
    },
  };
}
