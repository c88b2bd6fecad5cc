/** A key as the console shows it: everything but itself. */
import type { LifeState } from '../../../shared/ui/state.js';

export interface ListedKey {
  id: string;
  name: string;
  productName: string;
  environment: 'test' | 'live';
  /** As in the key itself, such as `hp_live_`. */
  prefix: string;
  lastFour: string;
  state: LifeState;
  createdAt: Date;
  lastUsedAt: Date | null;
  /** Also the end of the grace, in state `rolling`. */
  expiresAt: Date | null;
}
