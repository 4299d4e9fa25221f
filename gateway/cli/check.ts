import type { Command } from './command.ts';
import { configFile, count, load, toLines } from './load.ts';

export const check: Command = {
  name: 'check',
  summary: 'shows all problems and warnings of the routes file',
  args: [{ name: '[file]', means: 'the routes file (default: --config)' }],
  options: [],
  hasJson: true,
  examples: [
    { line: 'figway check', does: 'checks routes.yaml' },
    { line: 'figway check staging.yaml --json', does: 'the same as data, for a pipeline' },
  ],
  notes: ['Exits with 1 if there is an error; warnings alone exit with 0.'],
  async run(call) {
    const file = call.args[0] ?? configFile(call);
    const { config, problems, sources, hash } = await load(call, file);
    const errors = problems.filter(problem => problem.severity === 'error').length;
    const warnings = problems.length - errors;
    const routes = config === undefined ? undefined : Object.keys(config.routes).length;
    if (call.options.flag('json')) {
      call.print.json({ file, isGood: config !== undefined, errors, warnings, routes, hash, problems });
    } else {
      for (const line of await toLines(problems, sources, call.print)) call.print.line(line);
      const found =
        problems.length === 0
          ? call.print.paint('green', 'no problems')
          : [
              call.print.paint(errors > 0 ? 'red' : 'plain', count(errors, 'error')),
              call.print.paint(warnings > 0 ? 'yellow' : 'plain', count(warnings, 'warning')),
            ].join(', ');
      call.print.line(
        [`${file}: ${found}`, ...(routes === undefined ? [] : [count(routes, 'route')])].join(', '),
      );
    }
    return errors > 0 ? 1 : 0;
  },
};
