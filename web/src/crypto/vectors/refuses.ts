/** What most tests here assert: this is refused, with this code. */

import { expect } from 'vitest';
import type { RefusalCode } from '../refusal.ts';

export async function refuses(attempt: Promise<unknown> | (() => unknown), code: RefusalCode): Promise<void> {
  const outcome = typeof attempt === 'function' ? Promise.resolve().then(attempt) : attempt;
  await expect(outcome).rejects.toMatchObject({ name: 'Refusal', code });
}
