import { duration, flag, list, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

export const cors = shape({
  origins: list(text('an origin')).min(1),
  methods: list(text('a method')).optional(),
  headers: list(text('a header name')).optional(),
  expose: list(text('a header name')).optional(),
  credentials: flag().default(false),
  maxAge: duration().optional(),
  mode: mode().optional(),
});
