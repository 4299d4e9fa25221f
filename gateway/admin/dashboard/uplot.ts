import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');

/** The charts of the page come as the package has them: nothing is bundled, and nothing comes from elsewhere. */
export const uplotFiles: ReadonlyMap<string, string> = new Map([
  ['uplot.js', join(folder, 'uPlot.esm.js')],
  ['uplot.css', join(folder, 'uPlot.min.css')],
]);
