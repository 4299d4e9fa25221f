import { describe, expect, it } from 'vitest';
import { recordBounds } from '../../gateway/compare/record-account.ts';
import { createRecording, type RecordEnd } from '../../gateway/compare/recording.ts';
import { compileRules } from '../../gateway/compare/rules.ts';
import { compareDefaults } from '../../gateway/compare/schema.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const rules = compileRules(compareDefaults(), { origins: { legacy: [], service: [] }, now: 0 });
const route = makeRoute({ name: 'orders-read', index: 1 });

function openStage() {
  const clock = createManualClock();
  const faults: unknown[] = [];
  const recording = createRecording({ clock, rulesOf: () => rules, onFault: error => faults.push(error) });
  const lines: string[] = [];
  const ends: RecordEnd[] = [];
  const listen = (asked: { route?: string; takes?: boolean } = {}) =>
    recording.open({
      ...{ route: asked.route, time: 60_000, onEnd: why => ends.push(why) },
      write(line) {
        if (asked.takes === false) return false;
        lines.push(line);
        return true;
      },
    });
  /** One exchange that legacy answers with this text. */
  const pass = (text = 'hello') => {
    const exchange = makeExchange(route, {});
    recording.begin(exchange);
    const { tap } = exchange;
    tap?.onHead({ side: 'legacy', origin: 'http://a', status: 200, fields: ['content-type', 'text/plain'] });
    tap?.onBody(Buffer.from(text));
    tap?.onEnd();
    recording.finish(exchange);
    return tap;
  };
  return { clock, faults, recording, lines, ends, listen, pass };
}

describe('recording', () => {
  it('taps nothing while nobody listens, nor another route', () => {
    const { listen, pass } = openStage();
    expect(pass()).toBeUndefined();
    listen({ route: 'another' });
    expect(pass()).toBeUndefined();
    listen({ route: 'orders-read' });
    expect(pass()).toBeDefined();
  });

  it('takes so many lines a second, and counts the others', async () => {
    const { clock, lines, listen, pass } = openStage();
    const opened = listen();
    for (let at = 0; at < recordBounds.linesPerSecond + 7; at++) pass();
    await expect.poll(() => lines.length).toBe(recordBounds.linesPerSecond);
    expect(opened?.counts).toEqual({ recorded: recordBounds.linesPerSecond, leftOut: 7 });
    clock.advance(1000);
    pass();
    await expect.poll(() => lines.length).toBe(recordBounds.linesPerSecond + 1);
  });

  it('leaves a body out that is too large, and keeps the line', async () => {
    const { lines, listen, pass } = openStage();
    listen();
    pass('x'.repeat(recordBounds.body + 1));
    await expect.poll(() => lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ legacy: { status: 200, bodyLost: true } });
  });

  it('counts what a reader that is behind does not take', async () => {
    const { listen, pass } = openStage();
    const opened = listen({ takes: false });
    pass();
    await expect.poll(() => opened?.counts.leftOut).toBe(1);
    expect(opened?.counts.recorded).toBe(0);
  });

  it('ends with its time, or with the gateway; beyond its bound nobody else may listen', () => {
    const { clock, ends, listen, recording } = openStage();
    listen();
    listen();
    expect(listen()).toBeUndefined();
    clock.advance(60_000);
    expect(ends).toEqual(['time', 'time']);
    expect(listen()).toBeDefined();
    recording.close();
    expect(ends).toEqual(['time', 'time', 'closed']);
  });
});
