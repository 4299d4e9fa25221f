import { Agent, get } from 'node:http';

export interface Load extends AsyncDisposable {
  /** Ends it; tells how many requests were answered with 200, and how each of the others ended. */
  stop(): Promise<{ answered: number; failed: readonly string[] }>;
}

/** `clients` clients that GET `url` again and again over keep-alive connections, until stopped; at most 60 s. */
export function openLoad(url: string, clients: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const deadline = Date.now() + 60_000;
  const failed: string[] = [];
  let answered = 0;
  let isStopped = false;

  const once = (): Promise<void> =>
    new Promise(resolve => {
      const end = (failure?: string): void => {
        if (failure === undefined) answered++;
        else failed.push(failure);
        resolve();
      };
      const req = get(url, { agent }, res => {
        res.resume();
        res.once('end', () => end(res.statusCode === 200 ? undefined : `status ${res.statusCode}`));
        res.once('error', error => end(String(error)));
      });
      req.once('error', error => end(String(error)));
    });

  const run = async (): Promise<void> => {
    while (!isStopped && Date.now() < deadline) await once();
  };
  const running = Promise.all(Array.from({ length: clients }, run));
  const stop = async (): Promise<{ answered: number; failed: readonly string[] }> => {
    isStopped = true;
    await running;
    agent.destroy();
    return { answered, failed };
  };
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
