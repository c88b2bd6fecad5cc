/**
 * The products that this server speaks for: a line here, a folder beside this file, a line in the list of facts.
 */
import type { ProductApi } from '../route.js';
import { haas } from './haas/index.js';

export const productApis: readonly ProductApi[] = [haas];
