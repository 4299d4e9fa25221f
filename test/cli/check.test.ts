import { describe, expect, it } from 'vitest';
import { openFolder } from '../kit/command-line.ts';
import { shop } from '../kit/routes-files.ts';

describe('figway check', () => {
  it('is content with a good file', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { code, stdout, stderr } = await folder.figway(['check']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^routes\.yaml: .*3 routes\n$/m);
  });

  it('shows all problems at once, each with its place, and exits with 1', async () => {
    const bad = shop.replace('stage: legacy', 'stage: legcy').replace('percent: 10', 'percent: 140');
    await using folder = await openFolder({ 'routes.yaml': bad });
    const { code, stdout } = await folder.figway(['check']);
    expect(code).toBe(1);
    expect(stdout).toContain('routes.yaml:7:24 error cohorts.checkout.percent: expected 0 to 100, got 140');
    expect(stdout).toMatch(/^routes\.yaml:16:12 error routes\.orders-read\.stage: /m);
    expect(stdout).toMatch(/^routes\.yaml: 2 errors, no warnings$/m);
  });

  it('exits with 0 for warnings alone', async () => {
    const warned = shop.replace('monolith:', 'include: [routes.d/*.yaml]\nmonolith:');
    await using folder = await openFolder({ 'routes.yaml': warned });
    const { code, stdout } = await folder.figway(['check']);
    expect(code).toBe(0);
    expect(stdout).toContain('warning');
  });

  it('gives one JSON document with --json', async () => {
    await using folder = await openFolder({ 'bad.yaml': shop.replace('stage: legacy', 'stage: legcy') });
    const { code, stdout } = await folder.figway(['check', 'bad.yaml', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'bad.yaml',
      isGood: false,
      errors: 1,
      problems: [{ severity: 'error', file: 'bad.yaml', line: 16, path: ['routes', 'orders-read', 'stage'] }],
    });
  });

  it('takes the file from --config, then from FIGWAY_CONFIG', async () => {
    await using folder = await openFolder({ 'a.yaml': shop, 'b.yaml': shop });
    const env = { FIGWAY_CONFIG: 'b.yaml' };
    expect((await folder.figway(['check'], env)).stdout).toMatch(/^b\.yaml:/m);
    expect((await folder.figway(['--config', 'a.yaml', 'check'], env)).stdout).toMatch(/^a\.yaml:/m);
    expect((await folder.figway(['check', '--config', 'a.yaml'], env)).stdout).toMatch(/^a\.yaml:/m);
  });
});
