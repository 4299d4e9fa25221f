import { duration, flag, type Infer, list, shape, text } from '../../config/define.ts';
import { mode } from '../mode.ts';

export const cors = shape({
  origins: list(text('an origin'))
    .min(1)
    .describe('Origins that may read answers: `https://shop.example.com`, `https://*.example.com`, or `*`'),
  methods: list(text('a method'))
    .optional()
    .describe('Methods that a preflight allows; unless it is said, those that the route claims'),
  headers: list(text('a header name'))
    .optional()
    .describe('Request fields that a preflight allows; unless it is said, those that it asks for'),
  expose: list(text('a header name')).optional().describe('Answer fields that a page may read'),
  credentials: flag().default(false).describe('Whether cookies and tokens may come along; never with `*`'),
  maxAge: duration().optional().describe('How long a preflight may be remembered'),
  mode: mode().optional(),
});

export type CorsConfig = Infer<typeof cors>;
