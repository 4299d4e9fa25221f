import { either, shape, size } from '../../config/define.ts';
import { mode } from '../mode.ts';

/** `100MiB`, or the long form with a mode. */
export const maxBody = either([
  size(),
  shape({ size: size().describe('Largest request body'), mode: mode().optional() }),
]);
