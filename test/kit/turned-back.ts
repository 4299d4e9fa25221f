import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** By the name of the person: the secret of their admin token. */
export const tokenOf = (person: string): string => `the-secret-of-${person}`;

/** The shipped table as it was some weeks before, with people who may move its routes. */
export async function turnBack(file: string): Promise<void> {
  let text = await readFile(file, 'utf8');
  const change = (from: string, to: string): void => {
    if (text.split(from).length !== 2) throw new Error(`${file}: expected ${JSON.stringify(from)} once`);
    text = text.replace(from, () => to);
  };
  const sha256 = (person: string) => createHash('sha256').update(tokenOf(person)).digest('hex');
  change(
    '  listen: ${FIGWAY_ADMIN_LISTEN:-127.0.0.1:8081}\n',
    [
      '  listen: ${FIGWAY_ADMIN_LISTEN:-127.0.0.1:8081}',
      '  tokens:',
      `    - { id: alice, sha256: "${sha256('alice')}", role: admin }`,
      `    - { id: bob, sha256: "${sha256('bob')}", role: operator, routes: [products-*] }`,
      'trust: [loopback]',
      'revision: ${GIT_SHA}\n',
    ].join('\n'),
  );
  change('    by: [cookie:shop_sid, ip]\n', '    by: [ip]\n');
  change('cohorts:\n', 'cohorts:\n  catalogue: { percent: 25, by: [ip] }\n');
  change('      maxMismatch: 1%\n      settle: 2s # a', '      maxMismatch: 5%\n      settle: 2s # a');
  change(
    '    stage: migrated\n    data: synced\n    fallback: safe\n',
    '    stage: shadow\n    cohort: catalogue\n    data: synced\n    fallback: safe\n',
  );
  change(
    '    stage: migrated\n    data: synced\n    auth: {',
    '    stage: legacy\n    data: synced\n    auth: {',
  );
  change('    stage: canary\n    cohort: orders\n', '    stage: shadow\n    cohort: orders\n');
  change(
    '      keyed: { $.orders: order_id }\n',
    '      keyed: { $.orders: order_id }\n      keep: values\n      reask: { share: 100% }\n',
  );
  change(
    '    rewrite: /v1/orders/:id/lines\n    stage: legacy\n',
    [
      '    rewrite: /v1/orders/:id/lines',
      '    stage: legacy',
      '    percent: 20',
      '    by: [ip]',
      '    tripwire: { slower: 50%, minimum: 12, clients: 3, window: 1m }',
      '    compare: { span: 3m, maxMismatch: 5%, ignore: *age }\n',
    ].join('\n'),
  );
  text = text.replaceAll('span: 5m', 'span: 3m');
  await writeFile(file, text);
}
