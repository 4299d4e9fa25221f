import { describe, expect, it } from 'vitest';
import { type Stage, stages } from '../../gateway/core/vocabulary.ts';
import { explainRequest } from '../../gateway/explain-request.ts';
import { compileAtOnce } from '../../gateway/routing/compile.ts';
import { decide } from '../../gateway/routing/decide.ts';
import { isRefusedWhenOdd } from '../../gateway/routing/explain.ts';
import { errorsOf, loadTexts } from '../kit/config.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';
import { asked, compiled, stranger } from '../kit/routes.ts';

const page = readPage('docs/how-a-request-is-served.md');
const words = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

describe('docs/how-a-request-is-served.md', () => {
  it('tells truly which route of its example wins', async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const loaded = await loadTexts({ 'routes.yaml': example });
    expect(errorsOf(loaded)).toEqual([]);
    const { config } = loaded;
    if (config === undefined) throw new Error('no config');
    const rows = tableOf(page, 'request');
    expect(rows.length).toBeGreaterThan(8);
    for (const [request = '', route] of rows) {
      const [line = '', more = ''] = words(request);
      const [method = '', path = ''] = line.split(' ');
      const [name = '', value = ''] = request.includes(' with ') ? more.split(': ') : [];
      const told = explainRequest(
        { ...compileAtOnce(config), config },
        {
          ...{ method, path, user: undefined, ip: undefined },
          host: request.includes(' at ') ? more : undefined,
          headers: name === '' ? {} : { [name]: value },
        },
        () => undefined,
      );
      expect([request, told.route]).toEqual([request, words(route)[0]]);
      if (request.includes('/Orders/')) expect(told.nearMiss).toBe('new');
    }
  });

  it('tells truly what happens to odd targets, stage by stage', () => {
    const rows = tableOf(page, 'target');
    expect(rows.length).toBeGreaterThan(8);
    const outcome = (stage: Stage, target: string): string => {
      const { table } = compiled({ r: { match: ['/orders/:id'], stage, data: 'synced' } });
      const match = table.match(asked(`GET ${target}`));
      if (match.kind === 'route') return 'the route';
      return match.kind === 'odd' && isRefusedWhenOdd(match.route)
        ? '400 `bad-request-target`'
        : 'to legacy as sent';
    };
    for (const [cell, early, late] of rows) {
      const target = words(cell)[0] ?? '';
      expect(asked(`GET ${target}`).target.isOdd, target).toBe(true);
      for (const stage of stages)
        expect([target, stage, outcome(stage, target)]).toEqual([
          target,
          stage,
          stage === 'legacy' || stage === 'shadow' ? early : late,
        ]);
    }
  });

  it('tells truly who serves in each stage, and who gets a copy', () => {
    const rows = tableOf(page, 'stage');
    expect(rows.flatMap(([stage]) => codesIn(stage))).toEqual([...stages]);
    const names = { legacy: 'legacy', service: 'the service' };
    for (const [cell, serves, copy] of rows) {
      const stage = words(cell)[0] as Stage;
      const route = compiled({ r: { match: ['/x'], stage, percent: 100, by: ['ip'] } }).routes[1];
      if (route === undefined) throw new Error('no route');
      const decision = decide(route, { method: 'GET', isOverridden: false }, stranger(), undefined);
      expect([stage, serves]).toEqual([stage, expect.stringContaining(names[decision.serve])]);
      const other = decision.serve === 'service' ? 'legacy' : 'service';
      expect([stage, copy === 'the other' ? other : copy]).toEqual([
        stage,
        copy === 'the other' ? decision.shadow : decision.shadow ? names[decision.shadow] : 'nobody',
      ]);
    }
  });
});
