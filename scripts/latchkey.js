#!/usr/bin/env node
/** The program `latchkey`: the command line of scripts/cli.ts, in a checkout and in the image. */
import { runEntry } from './entry.js';

await runEntry('scripts/cli');
