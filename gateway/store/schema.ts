import { either, type Infer, shape, text } from '../config/define.ts';

export const store = either([shape({ path: text('a file') }), shape({ postgres: text('an address') })]);

export type StoreConfig = Infer<typeof store>;
