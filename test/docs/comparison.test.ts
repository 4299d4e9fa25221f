import { describe, expect, it } from 'vitest';
import { fieldRule } from '../../gateway/compare/canonical/headers.ts';
import { ruleTypes } from '../../gateway/compare/schema.ts';
import { answer, compared, placesOf } from '../kit/answers.ts';
import { blocksOf } from '../kit/documents.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';

const page = readPage('docs/comparison.md');

interface Example {
  readonly legacy?: unknown;
  readonly service?: unknown;
  /** Where the spelling of a number is the point. */
  readonly legacyText?: string;
  readonly serviceText?: string;
  readonly rules?: object;
  readonly outcome: string;
  readonly differences: string[];
}

const examples = blocksOf(page)
  .filter(({ language }) => language === 'json')
  .map(({ text }) => [text.replaceAll(/\s+/g, ' '), JSON.parse(text) as Example] as const);

describe('docs/comparison.md', () => {
  it.each(examples)(
    'tells the truth: %s',
    (_, { legacy, service, legacyText, serviceText, rules, ...told }) => {
      const found = compared(
        answer(legacyText ?? JSON.stringify(legacy)),
        answer(serviceText ?? JSON.stringify(service)),
        rules,
      );
      expect({ outcome: found.outcome, differences: placesOf(found) }).toEqual(told);
    },
  );

  it('has an example for every rule that changes how bodies are compared', () => {
    const shown = new Set(examples.flatMap(([, { rules }]) => Object.keys(rules ?? {})));
    for (const rule of [
      'ignore',
      'unordered',
      'keyed',
      'tolerance',
      'types',
      'allowAdded',
      'nullEqualsMissing',
    ])
      expect(shown).toContain(rule);
    for (const rule of ['nullEqualsEmpty', 'embeddedJson', 'hosts', 'body']) expect(shown).toContain(rule);
  });

  it('says how each field is compared', () => {
    const rows = tableOf(page, 'fields');
    const rule = { 0: 'dropped', 1: 'presence', 2: 'set', 5: 'address', 6: 'set-cookie' } as const;
    for (const [index, expected] of Object.entries(rule))
      for (const name of codesIn(rows[Number(index)]?.[0]).filter(code => code !== 'Connection'))
        expect([
          name,
          fieldRule(name.replace('b3-*', 'b3-traceid').replace('allow-*', 'allow-origin')),
        ]).toEqual([name, expected]);
  });

  it('names every type that a rule can ask for', () => {
    for (const type of ruleTypes) expect(page).toContain(`\`${type}\``);
  });
});
