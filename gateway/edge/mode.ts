import { oneOf } from '../config/define.ts';

/** Each guard enforces or only observes; where it says nothing the stage decides (contract §5). */
export const mode = () =>
  oneOf(['enforce', 'observe']).describe('Refuse, or only count; by default the stage decides');
