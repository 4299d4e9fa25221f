#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Stripping types and compiling costs more than the whole of `figway --help`: it is done once for a version of a file.
enableCompileCache();
const { run } = await import('./cli/run.ts');
process.exitCode = await run(process.argv.slice(2), process.env);
